import type { z } from 'zod';
import { clashes } from './clashes.ts';
import { isMapping, mergeService } from './merge.ts';
import { check } from './messages.ts';
import type { Path, Problem } from './problem.ts';
import { service as serviceSchema } from './schema/service.ts';
import { hint } from './words.ts';

/** A service in one environment: every default filled in, every time in milliseconds. */
export type ServiceConfig = z.output<typeof serviceSchema>;

/** The services of one environment by name. Those that are not right are left out. */
export interface ResolvedEnvironment {
  readonly services: Readonly<Record<string, ServiceConfig>>;
  readonly problems: readonly Problem[];
}

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Lays what the environment overrides over the services and checks each, then all together. A problem is
 * said to be where its cause is written: in the override, or else in the service.
 */
export function resolveEnvironment(
  environment: string,
  services: Mapping,
  overrides: Mapping,
): ResolvedEnvironment {
  const merged = new Map(
    Object.entries(services).map(([name, given]) => [name, mergeService(given, own(overrides, name))]),
  );
  const placeOf = (service: string, path: Path): Path => {
    const overridden = isOverridden(merged.get(service), own(overrides, service), path);
    return [...(overridden ? ['environments', environment] : []), 'services', service, ...path];
  };

  const problems: Problem[] = [];
  for (const name of Object.keys(overrides)) {
    if (merged.has(name)) continue;
    const message = `unknown service, ${hint(name, [...merged.keys()])}`;
    problems.push({ path: ['environments', environment, 'services', name], message, at: 'key' });
  }
  const resolved = new Map<string, ServiceConfig>();
  for (const [name, service] of merged) {
    const { value, problems: wrong } = check(serviceSchema, service);
    if (value !== null) resolved.set(name, value);
    for (const problem of wrong) problems.push({ ...problem, path: placeOf(name, problem.path) });
  }
  for (const { service, path, message } of clashes(resolved)) {
    problems.push({ path: placeOf(service, path), message, at: 'value' });
  }
  return { services: Object.fromEntries(resolved), problems };
}

/** True when what is at `path` comes from the override; what it replaces, it replaces as a whole. */
function isOverridden(merged: unknown, override: unknown, path: Path): boolean {
  let [result, over] = [merged, override];
  for (const key of path) {
    if (result === over) return true;
    if (!isMapping(over) || !isMapping(result) || !Object.hasOwn(over, key)) return false;
    [result, over] = [result[key], over[key]];
  }
  return over !== undefined;
}

function own(mapping: Mapping, key: string): unknown {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}
