/** From what was read to a config that is known to be right, or to everything that is wrong with it. */
import { resolveEnvironment, type ServiceConfig } from './environment.ts';
import { isMapping } from './merge.ts';
import { check } from './messages.ts';
import type { Problem } from './problem.ts';
import { CONFIG_VERSION, configSchema } from './schema.ts';
import { hint, nameOf } from './words.ts';

/** A config in which everything is explicit. */
export interface Config {
  /** Names of the services, as they were written. */
  readonly services: readonly string[];
  /** By name of the environment, then of the service. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, ServiceConfig>>>>;
  /** The environment that is meant when none is named; `null` when it has to be named. */
  readonly defaultEnvironment: string | null;
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
  const problems = [...check(configSchema, raw).problems];
  if (!isMapping(raw)) return { config: null, problems };

  const services = mappingOf(raw.services);
  const overrides = Object.entries(mappingOf(raw.environments));
  if (overrides.length === 0) overrides.push([LOCAL, {}]);
  const environments = new Map<string, Readonly<Record<string, ServiceConfig>>>();
  for (const [name, environment] of overrides) {
    const resolved = resolveEnvironment(name, services, mappingOf(mappingOf(environment).services));
    environments.set(name, resolved.services);
    problems.push(...resolved.problems);
  }

  const names = [...environments.keys()];
  const only = names.length === 1 ? names[0] : undefined;
  const { defaultEnvironment = only ?? null } = raw;
  if (typeof defaultEnvironment === 'string' && !environments.has(defaultEnvironment)) {
    const message = `there is no environment ${nameOf(defaultEnvironment)}, ${hint(defaultEnvironment, names)}`;
    problems.push({ path: ['defaultEnvironment'], message, at: 'value' });
  }
  if (problems.length > 0) return { config: null, problems: distinct(problems) };
  const config = {
    services: Object.keys(services),
    environments: Object.fromEntries(environments),
    defaultEnvironment: defaultEnvironment as string | null,
  };
  return { config, problems: [] };
}

/** Of a config for a newer Sluice nothing else can be said. */
function problemOfVersion(raw: unknown): Problem | null {
  const version = isMapping(raw) ? raw.version : undefined;
  if (typeof version !== 'number' || !(version > CONFIG_VERSION)) return null;
  const message = `${version} is made for a newer Sluice; this one reads version ${CONFIG_VERSION}`;
  return { path: ['version'], message, at: 'value' };
}

function mappingOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}

/** A service that is wrong by itself is wrong in each environment. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(
      problems.map((problem) => [JSON.stringify([problem.path, problem.message]), problem]),
    ).values(),
  ];
}
