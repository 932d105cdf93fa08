import type { LeaseKey } from '../../journal/journal.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';

/** One deployer a service and environment, for as long as the server lives: it keeps its connections. */
export class Deployers {
  readonly #project: Project;
  readonly #open = new Map<string, Promise<ServiceDeployer>>();

  constructor(project: Project) {
    this.#project = project;
  }

  /** Of the config, by environment. */
  get keys(): LeaseKey[] {
    const { environments, services } = this.#project.config;
    return Object.keys(environments).flatMap((environment) =>
      services.map((service): LeaseKey => ({ service, environment })),
    );
  }

  has({ service, environment }: LeaseKey): boolean {
    const { environments, services } = this.#project.config;
    return Object.hasOwn(environments, environment) && services.includes(service);
  }

  /** Rejects with `InvalidInputError` for what is not in the config. One that could not be opened is tried anew. */
  of(key: LeaseKey): Promise<ServiceDeployer> {
    const name = placeOf(key);
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opening = this.#project.deployer(key.service, key.environment);
    this.#open.set(name, opening);
    opening.catch(() => this.#open.delete(name));
    return opening;
  }
}

/** A name of a service in an environment: no name holds a slash. */
export function placeOf({ service, environment }: LeaseKey): string {
  return `${environment}/${service}`;
}
