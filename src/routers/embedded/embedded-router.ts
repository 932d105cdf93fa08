/**
 * The embedded router: an HTTP reverse proxy inside this process, one for all services of the machine. It
 * owns the listening ports, who gets which request, and that none is lost while backends come and go.
 *
 * A request takes this way: `Listener` (port, host name) -> `Exchange` (this one request) -> `BackendPool`
 * (who gets it; a line to wait in) -> `Backend` (connections to one instance).
 */

import { type Clock, systemClock } from '../../domain/clock.ts';
import { assertName } from '../../domain/names.ts';
import type { OperationContext } from '../../domain/operation.ts';
import type { Address } from '../../domain/target.ts';
import { OperationError } from '../../errors.ts';
import { assertBackend, assertSplit } from '../assert-input.ts';
import type { Backend, Router, RouteStatus, Split } from '../router.ts';
import { Listener } from './listener.ts';
import { RoutedService } from './routed-service.ts';
import { assertSnapshot, type RouterSnapshot } from './router-snapshot.ts';
import { type ServiceRoute, type ServiceRouteOptions, serviceRoute } from './service-route.ts';
import type { ServiceStats } from './service-stats.ts';

export interface EmbeddedRouterOptions {
  /** For waits, drains and avoided backends. Default the real one. Timeouts of sockets are always real. */
  readonly clock?: Clock;
}

const DEFAULT_GRACE_MS = 10_000;

export class EmbeddedRouter implements Router {
  readonly name = 'embedded';
  readonly #clock: Clock;
  readonly #services = new Map<string, RoutedService>();
  readonly #listeners = new Set<Listener>();
  readonly #observers = new Set<() => void>();
  #closed = false;
  /** Ends when the change of routes under way does: they are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: EmbeddedRouterOptions = {}) {
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * A router that goes on where another one, in a process that is gone, left off.
   * @throws OperationError when a port cannot be had; nothing stays open then
   * @throws InvalidInputError when it is not a snapshot
   */
  static async restore(
    snapshot: RouterSnapshot,
    options: EmbeddedRouterOptions = {},
  ): Promise<EmbeddedRouter> {
    assertSnapshot(snapshot);
    const router = new EmbeddedRouter(options);
    try {
      for (const saved of snapshot.services) {
        const { pool } = router.#service(saved.service);
        for (const backend of saved.backends) pool.admit(backend, saved.split);
        pool.shift(saved.split);
        // Last, so that the first request finds the backends.
        if (saved.route !== null) await router.configure(saved.route);
      }
    } catch (error) {
      await router.close({ graceMs: 0 });
      throw error;
    }
    return router;
  }

  /**
   * Makes the service reachable as the route says, whatever it was before: listens on a port that is new,
   * keeps what is unchanged, and closes, gracefully, a port that no service uses any more. With port 0 a
   * service keeps the port that it has.
   * @throws InvalidInputError when the route cannot be used, or another service has its host or port
   * @throws OperationError when the port cannot be had; the service then stays as it was
   */
  configure(options: ServiceRouteOptions): Promise<void> {
    return this.#inTurn(async () => {
      const route = serviceRoute(options);
      if (this.#closed) throw new OperationError('The router is closed', { retryable: false });
      const before = this.#listenerOf(route.service);
      const listener = this.#fitting(route, before) ?? (await this.#open(route));
      try {
        listener.assertFree(route.service, route.hosts);
      } catch (error) {
        this.#closeUnused(listener, 0);
        throw error;
      }
      const service = this.#service(route.service);
      before?.detach(service);
      service.route = route;
      listener.attach(service);
      if (before !== null) this.#closeUnused(before, route.drainTimeoutMs);
      this.#changed();
    });
  }

  /** Where the service can be reached, with its real port; `null` when it is not configured. */
  address(service: string): Address | null {
    return this.#listenerOf(service)?.address ?? null;
  }

  /** Takes the service out: no new requests, then its backends are drained. Resolves when that is done. */
  async remove(service: string): Promise<void> {
    const removed = await this.#inTurn(async () => {
      const known = this.#services.get(service);
      if (known === undefined) return null;
      const listener = this.#listenerOf(service);
      known.leaving = true;
      this.#services.delete(service);
      listener?.detach(known);
      if (listener !== null) this.#closeUnused(listener, known.route.drainTimeoutMs);
      this.#changed();
      return known;
    });
    await removed?.pool.drainAll();
  }

  async admit(
    service: string,
    backend: Backend,
    split: Split | null,
    context: OperationContext,
  ): Promise<void> {
    context.signal.throwIfAborted();
    assertName('service', service);
    assertBackend(backend);
    assertSplit(split);
    this.#service(service).pool.admit(backend, split);
    this.#changed();
  }

  async drain(
    service: string,
    target: string,
    release: string,
    context: OperationContext,
  ): Promise<{ readonly abandoned: number }> {
    context.signal.throwIfAborted();
    const pool = this.#services.get(service)?.pool;
    if (pool === undefined) return { abandoned: 0 };
    const drained = pool.drain(target, release);
    this.#changed();
    return await unlessAborted(drained, context.signal);
  }

  async shift(service: string, split: Split | null, context: OperationContext): Promise<void> {
    context.signal.throwIfAborted();
    assertName('service', service);
    assertSplit(split);
    this.#service(service).pool.shift(split);
    this.#changed();
  }

  async inspect(service: string, context: OperationContext): Promise<RouteStatus> {
    context.signal.throwIfAborted();
    return this.#services.get(service)?.pool.status() ?? { backends: [], split: null };
  }

  /** What was counted for the service; `null` when the router does not know it. */
  stats(service: string): ServiceStats | null {
    return this.#services.get(service)?.stats.read() ?? null;
  }

  /** What `restore` needs. */
  snapshot(): RouterSnapshot {
    const services = Array.from(this.#services.values(), ({ name, route, pool }) => {
      const address = this.address(name);
      return {
        service: name,
        route: address === null ? null : { ...route, port: address.port },
        backends: pool.admitted,
        split: pool.split,
      };
    });
    return { version: 1, services };
  }

  /** Calls back after each change of what `snapshot` returns. The returned function ends that. */
  onChange(callback: () => void): () => void {
    this.#observers.add(callback);
    return () => this.#observers.delete(callback);
  }

  /**
   * Takes no new connections, sends away who waits in line, lets what is under way end within `graceMs`
   * (default 10000), and cuts off the rest.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
    return this.#inTurn(async () => {
      this.#closed = true;
      const services = [...this.#services.values()];
      const closed = Promise.all(Array.from(this.#listeners, (listener) => listener.close(graceMs)));
      for (const service of services) {
        service.leaving = true;
        service.pool.line.dissolve();
      }
      // Connections that were upgraded are no longer the listener's.
      const cancel = this.#clock.schedule(graceMs, () => {
        for (const service of services) service.pool.close();
      });
      await closed;
      await Promise.all(services.map((service) => service.pool.drainAll()));
      cancel();
    });
  }

  #listenerOf(name: string): Listener | null {
    const service = this.#services.get(name);
    if (service === undefined) return null;
    return [...this.#listeners].find((listener) => listener.serves(service)) ?? null;
  }

  /** The listener that serves the route already, if there is one. */
  #fitting(route: ServiceRoute, before: Listener | null): Listener | null {
    const fits = (listener: Listener) =>
      listener.bindHost === route.bindHost && listener.address.port === route.port && !listener.closing;
    if (before !== null && route.port === 0 && before.bindHost === route.bindHost) return before;
    return [...this.#listeners].find(fits) ?? null;
  }

  async #open(route: ServiceRoute): Promise<Listener> {
    const listener = await Listener.open(route.bindHost, route.port, route.maxHeaderBytes);
    this.#listeners.add(listener);
    return listener;
  }

  #closeUnused(listener: Listener, graceMs: number): void {
    if (listener.unused) void listener.close(graceMs).then(() => this.#listeners.delete(listener));
  }

  #service(name: string): RoutedService {
    let service = this.#services.get(name);
    if (service === undefined) {
      service = new RoutedService(name, this.#clock);
      this.#services.set(name, service);
    }
    return service;
  }

  #changed(): void {
    for (const callback of this.#observers) callback();
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(change);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** The promise's outcome, unless the operation is given up before. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
