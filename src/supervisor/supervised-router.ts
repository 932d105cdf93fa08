/** The embedded router of the supervisor, as a `Router`: the engine's side of it. */
import type { OperationContext } from '../domain/operation.ts';
import type { Address } from '../domain/target.ts';
import type { ServiceRouteOptions } from '../routers/embedded/service-route.ts';
import type { ServiceStats } from '../routers/embedded/service-stats.ts';
import type { Backend, Router, RouteStatus, Split } from '../routers/router.ts';
import type { SupervisorClient } from './client.ts';

const UNKNOWN: RouteStatus = { backends: [], split: null };

export class SupervisedRouter implements Router {
  readonly name = 'embedded';
  readonly #supervisor: SupervisorClient;

  constructor(supervisor: SupervisorClient) {
    this.#supervisor = supervisor;
  }

  /**
   * Makes the service reachable as the route says; resolves with where. See `EmbeddedRouter.configure`.
   * @throws InvalidInputError when the route cannot be used
   * @throws OperationError when the port cannot be had
   */
  configure(route: ServiceRouteOptions, context: Partial<OperationContext> = {}): Promise<Address> {
    return this.#supervisor.call('configureRoute', { route }, context);
  }

  /** Takes the service out: no new requests, then its backends are drained. */
  async remove(service: string, context: Partial<OperationContext> = {}): Promise<void> {
    await this.#supervisor.call('removeRoute', { service }, context);
  }

  /** Where the service can be reached, and what was counted; starts no supervisor. */
  async describe(service: string): Promise<{ address: Address | null; stats: ServiceStats | null }> {
    if (!(await this.#supervisor.needed())) return { address: null, stats: null };
    return this.#supervisor.call('describeRoute', { service });
  }

  async admit(
    service: string,
    backend: Backend,
    split: Split | null,
    context: OperationContext,
  ): Promise<void> {
    await this.#supervisor.call('admit', { service, backend, split }, context);
  }

  drain(
    service: string,
    target: string,
    release: string,
    context: OperationContext,
  ): Promise<{ readonly abandoned: number }> {
    return this.#supervisor.call('drain', { service, target, release }, context);
  }

  async shift(service: string, split: Split | null, context: OperationContext): Promise<void> {
    await this.#supervisor.call('shift', { service, split }, context);
  }

  async inspect(service: string, context: OperationContext): Promise<RouteStatus> {
    if (!(await this.#supervisor.needed())) return UNKNOWN;
    return this.#supervisor.call('inspectRoute', { service }, context);
  }
}
