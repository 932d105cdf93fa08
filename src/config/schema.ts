/**
 * The shape of a config: the one source of its types, defaults, messages and reference page. What it takes is
 * what people write; what it yields has every default filled in and every time in milliseconds.
 */
import { z } from 'zod';
import { assertName } from '../domain/names.ts';
import { InvalidInputError, messageOf } from '../errors.ts';
import { isMapping } from './mapping.ts';
import { notifications } from './schema/notifications.ts';
import { service } from './schema/service.ts';
import { nameOf } from './words.ts';

/** The version of the shape that this Sluice reads. */
export const CONFIG_VERSION = 1;

/** A name that may be part of a path, a label or a command. */
function name(what: 'service' | 'environment') {
  return z.string().superRefine((value, context) => {
    try {
      assertName(what, value);
    } catch (error) {
      const remedy = error instanceof InvalidInputError ? (error.remedy ?? '') : messageOf(error);
      context.addIssue({
        code: 'custom',
        message: `cannot be the name of ${what === 'service' ? 'a service' : 'an environment'}. ${remedy}`,
      });
    }
  });
}

/** Any part of a mapping; its lists are whole. */
type DeepPartial<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { [Key in keyof Value]?: DeepPartial<Value[Key]> }
    : Value;

/** What it comes to is checked with its service: see `environment.ts`. */
const override = z.custom<DeepPartial<z.input<typeof service>>>(isMapping, {
  error: ({ input }) => `must be a mapping, not ${nameOf(input)}`,
});

function byName<Each extends z.ZodType>(each: Each) {
  return z.record(name('service'), each).refine((services) => Object.keys(services).length > 0, {
    error: () => 'is empty: name at least one service',
  });
}

const environment = z
  .strictObject({
    services: z
      .record(z.string(), override)
      .default({})
      .meta({
        description: 'By service, what is different here. Mappings are merged, lists replaced.',
        example: { api: { instances: 1, strategy: 'allAtOnce' } },
      }),
  })
  .meta({ title: 'Environment', description: 'A named set of places, with what is different there.' });

export const configSchema = z
  .strictObject({
    version: z.literal(CONFIG_VERSION).default(CONFIG_VERSION).meta({
      description: 'Version of this format.',
    }),
    services: byName(service).meta({
      description: 'What is deployed, by name.',
      example: { api: { command: 'node server.js' } },
    }),
    environments: z
      .record(name('environment'), environment)
      .default({})
      .meta({
        description: 'Where it is deployed, by name. Without any there is one, `local`.',
        example: { staging: { services: { api: { instances: 1 } } }, production: {} },
      }),
    defaultEnvironment: z.string().exactOptional().meta({
      description: 'The environment that is meant when none is named. Without it: the only one.',
      example: 'staging',
    }),
    notifications,
  })
  .meta({ title: 'Config' });

/** All but the services themselves, which are checked as they are in each environment. */
export const frameSchema = configSchema.extend({ services: byName(z.unknown()) });
