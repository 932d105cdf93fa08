import { check } from './check.ts';
import { clashes } from './clashes.ts';
import { isMapping, type Mapping } from './mapping.ts';
import { mergeService } from './merge.ts';
import type { Problem } from './problem.ts';
import { type ServiceConfig, service as serviceSchema } from './schema/service.ts';
import { hint } from './words.ts';

/** Services by name. Those that are not right are left out. */
interface CheckedServices {
  readonly services: Readonly<Record<string, ServiceConfig>>;
  readonly problems: readonly Problem[];
}

/** Checks services one by one, then all together. */
export function checkServices(given: Mapping): CheckedServices {
  const services = new Map<string, ServiceConfig>();
  const problems: Problem[] = [];
  for (const [name, service] of Object.entries(given)) {
    const checked = check(serviceSchema, service);
    if (checked.value !== null) services.set(name, checked.value);
    for (const problem of checked.problems) {
      problems.push({ ...problem, path: ['services', name, ...problem.path] });
    }
  }
  for (const { service, path, message } of clashes(services)) {
    problems.push({ path: ['services', service, ...path], message, at: 'value' });
  }
  return { services: Object.fromEntries(services), problems };
}

/**
 * Checks the services with what an environment overrides. What is wrong without it is the services' problem
 * (`known`); everything else is the environment's.
 */
export function checkEnvironment(
  environment: string,
  given: Mapping,
  overrides: Mapping,
  known: readonly Problem[],
): CheckedServices {
  const problems: Problem[] = [];
  const merged = new Map(Object.entries(given));
  for (const [name, override] of Object.entries(overrides)) {
    const service = merged.get(name);
    if (!merged.has(name)) {
      const message = `unknown service, ${hint(name, Object.keys(given))}`;
      problems.push({ path: ['services', name], message, at: 'key' });
    } else if (isMapping(service) && isMapping(override)) {
      merged.set(name, mergeService(service, override));
    }
  }
  const checked = checkServices(Object.fromEntries(merged));
  const knownKeys = new Set(known.map(keyOf));
  problems.push(...checked.problems.filter((problem) => !knownKeys.has(keyOf(problem))));
  return {
    services: checked.services,
    problems: problems.map((problem) => ({
      ...problem,
      path: ['environments', environment, ...problem.path],
    })),
  };
}

function keyOf({ path, message }: Problem): string {
  return JSON.stringify([path, message]);
}
