/**
 * The embedded router as the supervisor hosts it: taken over from an earlier supervisor one service at a time,
 * where a port that somebody else has by now is tried for again and again.
 */
import type { OperationContext } from '../domain/operation.ts';
import type { Address } from '../domain/target.ts';
import { messageOf, OperationError } from '../errors.ts';
import { EmbeddedRouter } from '../routers/embedded/embedded-router.ts';
import { assertSnapshot, type RouterSnapshot } from '../routers/embedded/router-snapshot.ts';
import type { ServiceRoute, ServiceRouteOptions } from '../routers/embedded/service-route.ts';
import type { ServiceStats } from '../routers/embedded/service-stats.ts';
import type { Backend, RouteStatus, Split } from '../routers/router.ts';

const FIRST_RETRY_MS = 20;
const LONGEST_RETRY_MS = 1_000;

export class HostedRouter {
  readonly #router = new EmbeddedRouter();
  readonly #report: (line: string) => void;
  /** Routes of before that could not be opened yet. */
  readonly #unopened = new Map<string, ServiceRoute>();
  #retry: NodeJS.Timeout | null = null;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  get services(): string[] {
    return this.#router.snapshot().services.map(({ service }) => service);
  }

  /** Whether there is anybody to send a request to. */
  get hasBackends(): boolean {
    return this.#router.snapshot().services.some(({ backends }) => backends.length > 0);
  }

  /** What `restore` needs. */
  snapshot(): RouterSnapshot {
    const { version, services } = this.#router.snapshot();
    const all = services.map((saved) => ({
      ...saved,
      route: saved.route ?? this.#unopened.get(saved.service) ?? null,
    }));
    return { version, services: all };
  }

  async restore(snapshot: RouterSnapshot): Promise<void> {
    assertSnapshot(snapshot);
    const context = { signal: new AbortController().signal };
    for (const { service, backends, split, route } of snapshot.services) {
      for (const backend of backends) await this.#router.admit(service, backend, split, context);
      await this.#router.shift(service, split, context);
      if (route !== null) this.#unopened.set(service, route);
    }
    await this.#open();
  }

  /** Makes the service reachable; resolves with where. See `EmbeddedRouter.configure`. */
  async configure(route: ServiceRouteOptions): Promise<Address> {
    await this.#router.configure(route);
    this.#unopened.delete(route.service);
    const address = this.#router.address(route.service);
    if (address === null) throw new OperationError(`${route.service} was taken away while it was configured`);
    return address;
  }

  async remove(service: string): Promise<void> {
    this.#unopened.delete(service);
    await this.#router.remove(service);
  }

  describe(service: string): { address: Address | null; stats: ServiceStats | null } {
    return { address: this.#router.address(service), stats: this.#router.stats(service) };
  }

  admit(service: string, backend: Backend, split: Split | null, context: OperationContext): Promise<void> {
    return this.#router.admit(service, backend, split, context);
  }

  drain(
    service: string,
    target: string,
    release: string,
    context: OperationContext,
  ): Promise<{ readonly abandoned: number }> {
    return this.#router.drain(service, target, release, context);
  }

  shift(service: string, split: Split | null, context: OperationContext): Promise<void> {
    return this.#router.shift(service, split, context);
  }

  inspect(service: string, context: OperationContext): Promise<RouteStatus> {
    return this.#router.inspect(service, context);
  }

  async close(graceMs: number): Promise<void> {
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#router.close({ graceMs });
  }

  /** A supervisor that was killed a moment ago may still hold its ports: the first tries follow quickly. */
  async #open(retryMs = FIRST_RETRY_MS): Promise<void> {
    for (const [service, route] of this.#unopened) {
      try {
        await this.configure(route);
      } catch (error) {
        if (retryMs === FIRST_RETRY_MS) this.#report(`${service} cannot be reached yet: ${messageOf(error)}`);
      }
    }
    if (this.#unopened.size === 0) return;
    const nextMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    this.#retry = setTimeout(() => void this.#open(nextMs), retryMs).unref();
  }
}
