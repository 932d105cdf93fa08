/**
 * One backend of a service as the router knows it: the connections to it, how much is in flight, and
 * whether it is avoided or on its way out.
 *
 * A backend whose connections fail is avoided for a second, then two, up to ten (ejected); when that time
 * is over, one request is let through as a probe, and its connection decides.
 */
import { Client, type Dispatcher, Pool } from 'undici';
import type { Clock } from '../../domain/clock.ts';
import type { Address } from '../../domain/target.ts';
import type { Backend as BackendSpec, BackendStatus } from '../router.ts';
import { openConnection } from './open-connection.ts';
import { releaseToken } from './release-names.ts';
import type { ServiceRoute } from './service-route.ts';
import type { Tunnel } from './tunnel.ts';

const FIRST_EJECTION_MS = 1_000;
const LONGEST_EJECTION_MS = 10_000;

/**
 * How long an idle connection is kept where the backend does not say. Shorter than the idle time of any
 * common server, as a connection that is reused in the moment in which the backend closes it costs a POST.
 * A backend that sends `Keep-Alive: timeout=n` is believed, less the margin.
 */
const IDLE_CONNECTION_MS = 1_500;
const IDLE_CONNECTION_MARGIN_MS = 1_500;

/** The head of a response may be larger than that of a request: it carries cookies. */
const MAX_RESPONSE_HEAD_BYTES = 65_536;

/** A request was cut off because its backend's time to drain, or the router's to close, was over. */
class CutOffError extends Error {
  readonly code = 'CUT_OFF';
}

export class Backend {
  readonly target: string;
  readonly release: string;
  /** Stands for the release in the sticky cookie. */
  readonly token: string;
  /** Upgraded connections, each of them in flight too. */
  readonly tunnels = new Set<Tunnel>();
  inFlight = 0;
  answered = 0;
  readonly #clock: Clock;
  readonly #route: () => ServiceRoute;
  /** All that has connections: the pool of the present address, and what is on its way out. */
  readonly #open = new Set<Dispatcher>();
  #address: Address;
  #pool: Pool;
  /** Connections that failed since the last one that did not. */
  #failures = 0;
  #ejectedUntil = 0;
  #probing = false;
  #draining: Drain | null = null;

  constructor(spec: BackendSpec, route: () => ServiceRoute, clock: Clock) {
    this.target = spec.target;
    this.release = spec.release;
    this.token = releaseToken(spec.release);
    this.#address = spec.address;
    this.#route = route;
    this.#clock = clock;
    this.#pool = this.#openPool();
  }

  get address(): Address {
    return this.#address;
  }

  get draining(): boolean {
    return this.#draining !== null;
  }

  /** True when it may be given one more request. */
  get hasRoom(): boolean {
    return this.inFlight < this.#route().maxInFlightPerBackend;
  }

  /** True while connections to it fail and it is not time to probe it. */
  get avoided(): boolean {
    return this.#failures > 0 && (this.#probing || this.#clock.elapsed() < this.#ejectedUntil);
  }

  /** New requests go to `address`; those under way end where they are. */
  moveTo(address: Address): void {
    if (address.host === this.#address.host && address.port === this.#address.port) return;
    const left = this.#pool;
    this.#address = address;
    this.#pool = this.#openPool();
    this.#connected();
    this.#closeWhenIdle(left);
  }

  /** Sends a request; it is in flight until `leave` is called. */
  send(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.inFlight += 1;
    this.#probing = this.#failures > 0;
    this.#pool.dispatch(options, handler);
  }

  /** As `send`, over a new connection: for what was lost on an old one, as the next may be just as stale. */
  sendAfresh(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.inFlight += 1;
    const client = new Client(this.#origin, this.#connectionOptions);
    this.#open.add(client);
    client.dispatch(options, handler);
    this.#closeWhenIdle(client);
  }

  /** One request less in flight. */
  leave(): void {
    this.inFlight -= 1;
    if (this.inFlight === 0) this.#draining?.finish(0);
  }

  /** A connection stood: a request is about to be written to it. */
  connectSucceeded(): void {
    if (this.#failures > 0) this.#connected();
  }

  /** A connection could not be made. Those that fail together count as one failure. */
  connectFailed(): void {
    this.#probing = false;
    const now = this.#clock.elapsed();
    if (now < this.#ejectedUntil) return;
    this.#ejectedUntil = now + Math.min(FIRST_EJECTION_MS * 2 ** this.#failures, LONGEST_EJECTION_MS);
    this.#failures += 1;
  }

  /**
   * Resolves when nothing is in flight any more, at the latest after the route's `drainTimeoutMs`: what is
   * left then is cut off and counted. Called again, it joins the drain under way.
   */
  drain(): Promise<{ readonly abandoned: number }> {
    this.#draining ??= new Drain(this.#clock, this.#route().drainTimeoutMs, () => this.close());
    if (this.inFlight === 0) this.#draining.finish(0);
    return this.#draining.done;
  }

  /** Takes requests again after all; a drain under way ends. */
  undrain(): void {
    this.#draining?.finish(0);
    this.#draining = null;
    if (this.#pool.destroyed) this.#pool = this.#openPool();
  }

  /** Closes all connections; requests under way are cut off, and a drain under way ends with their number. */
  close(): void {
    this.#draining?.finish(this.inFlight);
    for (const dispatcher of this.#open)
      void dispatcher.destroy(new CutOffError('the time to finish was over'));
    this.#open.clear();
    for (const tunnel of this.tunnels) tunnel.close();
  }

  status(): BackendStatus {
    const { target, release, address, draining, inFlight, answered } = this;
    return { target, release, address, draining, inFlight, requests: answered };
  }

  #connected(): void {
    this.#failures = 0;
    this.#ejectedUntil = 0;
    this.#probing = false;
  }

  #openPool(): Pool {
    const pool = new Pool(this.#origin, this.#connectionOptions);
    this.#open.add(pool);
    return pool;
  }

  #closeWhenIdle(dispatcher: Dispatcher): void {
    void dispatcher.close().then(() => this.#open.delete(dispatcher));
  }

  get #origin(): string {
    const { host, port } = this.#address;
    return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
  }

  get #connectionOptions(): Client.Options {
    const { host, port } = this.#address;
    return {
      connect: (_options, callback) => openConnection(host, port, this.#route().connectTimeoutMs, callback),
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveTimeoutThreshold: IDLE_CONNECTION_MARGIN_MS,
      maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
    };
  }
}

/** A drain under way: it ends once, by being finished or by its time. */
class Drain {
  readonly done: Promise<{ readonly abandoned: number }>;
  readonly #cancelTimer: () => void;
  #resolve: (result: { readonly abandoned: number }) => void = () => {};

  constructor(clock: Clock, timeoutMs: number, cutOff: () => void) {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#cancelTimer = clock.schedule(timeoutMs, cutOff);
  }

  finish(abandoned: number): void {
    this.#cancelTimer();
    this.#resolve({ abandoned });
  }
}
