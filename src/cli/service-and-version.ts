/** What `[service] [version]` on a command line means. */
import { InvalidInputError } from '../errors.ts';
import type { Project } from '../project/project.ts';

export interface NamedService {
  readonly service: string | undefined;
  readonly version: string | undefined;
}

/** A single word is a service where one has that name, else a version of the only service. */
export function namedService(project: Project, args: readonly (string | undefined)[]): NamedService {
  const [first, second] = args;
  if (first === undefined || second !== undefined || project.config.services.includes(first)) {
    return { service: first, version: second };
  }
  if (project.config.services.length === 1) return { service: undefined, version: first };
  throw new InvalidInputError(`${JSON.stringify(first)} is not a service of this project`, {
    remedy: `Name one of ${project.config.services.join(', ')}, then the version.`,
  });
}
