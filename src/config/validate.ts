/** From what was read to a config that is known to be right, or to everything that is wrong with it. */

import { check } from './check.ts';
import { checkEnvironment, checkServices } from './environment.ts';
import { isMapping, type Mapping } from './mapping.ts';
import { nameClashes } from './name-clashes.ts';
import type { Problem } from './problem.ts';
import type { NotificationConfig } from './schema/notifications.ts';
import type { ServiceConfig } from './schema/service.ts';
import { CONFIG_VERSION, frameSchema } from './schema.ts';
import { hint, nameOf } from './words.ts';

/** A config in which everything is explicit. */
export interface Config {
  /** Names of the services, as they were written. */
  readonly services: readonly string[];
  /** By name of the environment, then of the service. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, ServiceConfig>>>>;
  /** The environment that is meant when none is named; `null` when it has to be named. */
  readonly defaultEnvironment: string | null;
  /** Whom the server tells what becomes of deployments. */
  readonly notifications: readonly NotificationConfig[];
}

/** The one environment of a config that names none. */
const LOCAL = 'local';

const EMPTY: Problem = { path: [], message: 'is empty', at: 'value' };

/** Every problem is found, not just the first; the config is `null` when there is any. */
export function validate(raw: unknown): {
  readonly config: Config | null;
  readonly problems: readonly Problem[];
} {
  const tooNew = problemOfVersion(raw);
  if (tooNew !== null) return { config: null, problems: [tooNew] };
  if (raw === null || raw === undefined) return { config: null, problems: [EMPTY] };
  if (!isMapping(raw)) return { config: null, problems: check(frameSchema, raw).problems };

  const given = mappingOf(raw.services);
  const overrides = Object.entries(mappingOf(raw.environments));
  const base = checkServices(given);
  const frame = check(frameSchema, raw);
  const problems = [
    ...frame.problems,
    ...nameClashes('services', Object.keys(given)),
    ...nameClashes(
      'environments',
      overrides.map(([name]) => name),
    ),
    ...base.problems,
  ];
  const environments = new Map<string, Readonly<Record<string, ServiceConfig>>>();
  if (overrides.length === 0) environments.set(LOCAL, base.services);
  for (const [name, environment] of overrides) {
    const { services } = mappingOf(environment);
    const checked = checkEnvironment(name, given, mappingOf(services), base.problems);
    environments.set(name, checked.services);
    problems.push(...checked.problems);
  }
  problems.push(...problemsOfDefault(raw.defaultEnvironment, [...environments.keys()]));
  if (problems.length > 0) return { config: null, problems };

  const [only = null, second] = environments.keys();
  const { defaultEnvironment = second === undefined ? only : null } = raw;
  const config = {
    services: Object.keys(given),
    environments: Object.fromEntries(environments),
    defaultEnvironment: defaultEnvironment as string | null,
    notifications: frame.value?.notifications ?? [],
  };
  return { config, problems };
}

function problemsOfDefault(environment: unknown, known: readonly string[]): Problem[] {
  if (typeof environment !== 'string' || known.includes(environment)) return [];
  const message = `there is no environment ${nameOf(environment)}, ${hint(environment, known)}`;
  return [{ path: ['defaultEnvironment'], message, at: 'value' }];
}

/** Of a config for a newer Sluice nothing else can be said. */
function problemOfVersion(raw: unknown): Problem | null {
  const version = isMapping(raw) ? raw.version : undefined;
  if (typeof version !== 'number' || !(version > CONFIG_VERSION)) return null;
  const message = `${version} is made for a newer Sluice; this one reads version ${CONFIG_VERSION}`;
  return { path: ['version'], message, at: 'value' };
}

function mappingOf(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}
