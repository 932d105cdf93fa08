/** Where a request acts, which is where its permission is needed. */
import { InvalidInputError } from '../../errors.ts';
import type { LeaseKey } from '../../journal/journal.ts';
import type { Endpoint } from '../api/endpoint.ts';
import type { Operations } from '../operations.ts';
import type { Where } from './context.ts';

const MOST_KNOWN = 10_000;
const NOWHERE: Where = { service: null, environment: null, deployment: null };

/** What of a request can say where it acts. */
export interface Parts {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export class Places {
  readonly #operations: Operations;
  readonly #defaultEnvironment: string | null;
  /** By deployment: that never changes. */
  readonly #known = new Map<string, LeaseKey>();

  constructor(operations: Operations, defaultEnvironment: string | null) {
    this.#operations = operations;
    this.#defaultEnvironment = defaultEnvironment;
  }

  /** Rejects with `InvalidInputError` and `DeploymentNotFoundError`. */
  async of({ place }: Endpoint, { params, query, body }: Parts): Promise<Where> {
    switch (place) {
      case 'query':
        return this.#ofService(textIn(params, 'service'), textIn(query, 'environment'));
      case 'body': {
        const plan = textIn(body, 'plan');
        if (plan !== null) return await this.#ofPlan(plan);
        return this.#ofService(
          textIn(params, 'service') ?? textIn(body, 'service'),
          textIn(body, 'environment'),
        );
      }
      case 'deployment':
        return await this.#ofDeployment(textIn(params, 'id') ?? '');
      case 'plan':
        return await this.#ofPlan(textIn(params, 'digest') ?? '');
      case 'several':
        return { ...NOWHERE, service: textIn(query, 'service'), environment: textIn(query, 'environment') };
      case 'own':
      case 'everywhere':
      case 'nowhere':
        return NOWHERE;
    }
  }

  #ofService(service: string | null, environment: string | null): Where {
    return { ...NOWHERE, service, environment: environment ?? this.#onlyEnvironment(service ?? '') };
  }

  async #ofPlan(digest: string): Promise<Where> {
    const { plan } = await this.#operations.savedPlan(digest);
    return { ...NOWHERE, service: plan.service, environment: plan.environment };
  }

  async #ofDeployment(id: string): Promise<Where> {
    let key = this.#known.get(id);
    if (key === undefined) {
      const { summary } = await this.#operations.deployment(id);
      key = { service: summary.service, environment: summary.environment };
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(id, key);
    }
    return { ...key, deployment: id };
  }

  #onlyEnvironment(service: string): string {
    const found = this.#operations.services().filter((key) => key.service === service);
    const environments = found.map(({ environment }) => environment);
    const [first] = environments;
    if (first === undefined) {
      const known = [...new Set(this.#operations.services().map((key) => key.service))];
      throw new InvalidInputError(`there is no service ${JSON.stringify(service)}`, {
        remedy: `Known: ${known.join(', ')}. One that is not in the config any more needs its environment.`,
      });
    }
    if (environments.length === 1) return first;
    if (this.#defaultEnvironment !== null) return this.#defaultEnvironment;
    throw new InvalidInputError('there are several environments and none is the default', {
      remedy: `Name the one that is meant: ${environments.join(', ')}.`,
    });
  }
}

function textIn(part: unknown, name: string): string | null {
  if (typeof part !== 'object' || part === null) return null;
  const value = (part as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}
