/** What the supervisor takes, checked: the shapes of `protocol.ts`, which the client need not load. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { assertName, assertTargetId, assertVersion } from '../domain/names.ts';
import type { ServiceRouteOptions } from '../routers/embedded/service-route.ts';
import type { InstanceKey, Methods, ProcessExit, ProcessSpec } from './protocol.ts';

const service = named((name) => assertName('service', name));
const target = named(assertTargetId);
/** A version, a dash, 12 hex digits. */
const release = z.string().regex(/^[a-zA-Z0-9](?!.*\.\.)[a-zA-Z0-9._+-]{0,140}$/);

/** Text that can be handed to a program: a NUL would end it early. */
const text = z.string().refine((value) => !value.includes('\0'), 'holds a NUL byte');
const folder = text.refine((path) => isAbsolute(path), 'is not an absolute path');
const port = z.number().int().min(0).max(65_535);

const instanceKey: z.ZodType<InstanceKey> = z.strictObject({ service, target, release });

export const processSpecSchema: z.ZodType<ProcessSpec> = z.strictObject({
  service,
  target,
  release,
  version: named(assertVersion),
  folder,
  command: z.union([text.min(1), z.array(text).min(1).readonly()]),
  env: z.record(text.regex(/^[^=]+$/), text),
  secretsFile: folder.nullable(),
  stopTimeoutMs: z.number().int().min(0).max(3_600_000),
});

export const exitSchema: z.ZodType<ProcessExit> = z.strictObject({
  at: z.number().int().nonnegative(),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  error: z.string().nullable(),
  log: z.array(z.string()).readonly(),
});

const nameOrNone = z.union([z.string(), z.literal(false)]).optional();
const count = z.number().optional();

/** Kinds only: what the values may be, the router says itself. */
const route = z.strictObject({
  service,
  port: count,
  bindHost: z.string().optional(),
  hosts: z.array(z.string()).optional(),
  stickyCookie: nameOrNone,
  releaseHeader: nameOrNone,
  trustForwarded: z.boolean().optional(),
  connectTimeoutMs: count,
  responseTimeoutMs: count,
  idleTimeoutMs: count,
  drainTimeoutMs: count,
  queueTimeoutMs: count,
  requestTimeoutMs: count,
  maxQueue: count,
  maxInFlightPerBackend: count,
  maxConnections: count,
  maxHeaderBytes: count,
} satisfies Record<keyof ServiceRouteOptions, z.ZodType>) as unknown as z.ZodType<ServiceRouteOptions>;
const backend = z.strictObject({ target, release, address: z.strictObject({ host: z.string(), port }) });
const split = z.strictObject({ release, percent: z.number().min(0).max(100) }).nullable();

/** Method to what it takes. */
export const INPUTS: { readonly [M in keyof Methods]: z.ZodType<Methods[M]['input']> } = {
  start: processSpecSchema,
  stop: instanceKey,
  inspect: z.strictObject({ service: service.nullable() }),
  stopService: z.strictObject({ service }),
  shutdown: z.strictObject({ stopProcesses: z.boolean() }),
  configureRoute: z.strictObject({ route }),
  removeRoute: z.strictObject({ service }),
  describeRoute: z.strictObject({ service }),
  admit: z.strictObject({ service, backend, split }),
  drain: instanceKey,
  shift: z.strictObject({ service, split }),
  inspectRoute: z.strictObject({ service }),
};

/** A string that the domain accepts as a name; also safe as part of a path. */
function named(assert: (name: string) => void) {
  return z.string().superRefine((name, context) => {
    try {
      assert(name);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}
