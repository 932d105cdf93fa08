import { InvalidInputError } from '../errors.ts';
import type { ServiceConfig } from './schema/service.ts';
import type { Config } from './validate.ts';
import { listOf, nameOf, nearest } from './words.ts';

/** A service in one environment: everything about it is explicit. */
export type ResolvedService = ServiceConfig & { readonly name: string; readonly environment: string };

/**
 * The service as it is in the environment. Where there is only one service, or a default environment, its
 * name may be left out.
 * @throws InvalidInputError when there is none of this name, or the name is left out and needed
 */
export function resolveService(
  config: Config,
  service: string = onlyService(config),
  environment: string = defaultEnvironment(config),
): ResolvedService {
  const environments = Object.keys(config.environments);
  const services = environments.includes(environment) ? config.environments[environment] : undefined;
  if (services === undefined) throw unknownName('environment', environment, environments);
  const found = config.services.includes(service) ? services[service] : undefined;
  if (found === undefined) throw unknownName('service', service, config.services);
  return { ...found, name: service, environment };
}

/** The name of the one service. Throws `InvalidInputError` when there are several. */
export function onlyService(config: Config): string {
  const [name, second] = config.services;
  if (name !== undefined && second === undefined) return name;
  throw new InvalidInputError('there are several services', {
    remedy: `Name the one that is meant: ${listOf(config.services)}.`,
  });
}

/** The name of the environment that is meant when none is named. Throws `InvalidInputError` without one. */
function defaultEnvironment(config: Config): string {
  if (config.defaultEnvironment !== null) return config.defaultEnvironment;
  throw new InvalidInputError('there are several environments and none is the default', {
    remedy: `Name the one that is meant: ${listOf(Object.keys(config.environments))}.`,
  });
}

function unknownName(what: string, name: string, known: readonly string[]): InvalidInputError {
  const meant = nearest(name, known);
  return new InvalidInputError(`there is no ${what} ${nameOf(name)}`, {
    remedy: meant === null ? `Known: ${known.join(', ')}.` : `Did you mean ${nameOf(meant)}?`,
  });
}
