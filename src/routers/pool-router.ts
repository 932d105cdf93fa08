/**
 * What the routers have in common whose load balancer reads the whole pool anew at each change (nginx, Caddy). It
 * owns the order of things; `PoolPlace` is where the pool is written down.
 *
 * A backend is in one of these states:
 *
 *     member     gets its share        -> leaving
 *     leaving    gets no new requests  -> forgotten at a later change, when nothing is in flight; member again
 *
 * What is leaving stays written down, so that a drain whose controller has died is waited for by the next one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { assertName, assertTargetId } from '../domain/names.ts';
import type { OperationContext } from '../domain/operation.ts';
import type { Address } from '../domain/target.ts';
import { InvalidInputError } from '../errors.ts';
import { assertBackend, assertSplit } from './assert-input.ts';
import { GatheredChanges } from './gathered-changes.ts';
import { isOf, type Pool, withBackend, withoutBackend } from './pool.ts';
import type { Backend, Router, RouteStatus, Split } from './router.ts';

/** What a backend is doing. */
export interface Load {
  readonly inFlight: number;
  /** False when it is sure that it has no requests and gets none, if it is not a member any more. */
  readonly busy: boolean;
}

/** The pool of one service in a load balancer. */
export interface PoolPlace {
  read(signal: AbortSignal): Promise<Pool>;
  /** Resolves when the load balancer goes by the new pool. `edit` may be called more than once. */
  change(edit: (pool: Pool) => Pool, signal: AbortSignal): Promise<void>;
  /** One for each of the backends. */
  look(backends: readonly Backend[], signal: AbortSignal): Promise<readonly Load[]>;
}

export interface PoolRouterOptions {
  readonly name: string;
  /** @throws InvalidInputError for a service that this load balancer cannot have */
  place(service: string): PoolPlace;
  /** The address as this load balancer is given it. Default: as it is. */
  resolve?(address: Address): Promise<Address>;
  /** How long requests in flight are waited for when a backend leaves. Default 30000. */
  readonly drainTimeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const POLL_MS = 25;
/** Of a release id: it has to fit into one line. */
const LONGEST_RELEASE = 500;

interface Route {
  readonly place: PoolPlace;
  readonly changes: GatheredChanges<Pool>;
  /** Keys of what has left and is still written down. */
  readonly gone: Set<string>;
}

export class PoolRouter implements Router {
  readonly name: string;
  readonly #options: PoolRouterOptions;
  readonly #routes = new Map<string, Route>();

  constructor(options: PoolRouterOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** @throws InvalidInputError for an address, name or share that cannot be */
  async admit(
    service: string,
    backend: Backend,
    split: Split | null,
    { signal }: OperationContext,
  ): Promise<void> {
    signal.throwIfAborted();
    assertTargetId(backend.target);
    assertRelease(backend.release);
    assertBackend(backend);
    assertSplit(split);
    if (split !== null) assertRelease(split.release);
    const route = this.#route(service);
    const { target, release } = backend;
    const { host, port } = (await this.#options.resolve?.(backend.address)) ?? backend.address;
    const plain = { target, release, address: { host, port } };
    const leaving = await changed(route, (pool) => withBackend(pool, plain, split), signal);
    await this.#left(
      route,
      leaving.filter((each) => isOf(each, target, release)),
      signal,
    );
  }

  async drain(
    service: string,
    target: string,
    release: string,
    { signal }: OperationContext,
  ): Promise<{ readonly abandoned: number }> {
    signal.throwIfAborted();
    const route = this.#route(service);
    const leaving = await changed(route, (pool) => withoutBackend(pool, target, release), signal);
    const ours = leaving.filter((each) => isOf(each, target, release));
    return { abandoned: await this.#left(route, ours, signal) };
  }

  async shift(service: string, split: Split | null, { signal }: OperationContext): Promise<void> {
    signal.throwIfAborted();
    assertSplit(split);
    if (split !== null) assertRelease(split.release);
    await changed(this.#route(service), (pool) => ({ ...pool, split }), signal);
  }

  async inspect(service: string, { signal }: OperationContext): Promise<RouteStatus> {
    signal.throwIfAborted();
    const { place } = this.#route(service);
    const { members, leaving, split } = await place.read(signal);
    const backends = [...members, ...leaving];
    const loads = backends.length === 0 ? [] : await place.look(backends, signal);
    return {
      backends: backends.flatMap((backend, i) => {
        const { inFlight = 0, busy = false } = loads[i] ?? {};
        const draining = i >= members.length;
        if (draining && !(busy && inFlight > 0)) return [];
        return [{ ...backend, draining, inFlight, requests: null }];
      }),
      split,
    };
  }

  /** Waits for what leaves; resolves with how many requests are in flight when the time is over. */
  async #left({ place, gone }: Route, leaving: readonly Backend[], signal: AbortSignal): Promise<number> {
    if (leaving.length === 0) return 0;
    const deadline = performance.now() + (this.#options.drainTimeoutMs ?? DEFAULT_TIMEOUT_MS);
    for (;;) {
      const loads = await place.look(leaving, signal);
      const busy = loads.filter((load) => load.busy);
      if (busy.length === 0 || performance.now() > deadline) {
        for (const each of leaving) gone.add(keyOf(each));
        return busy.reduce((sum, { inFlight }) => sum + inFlight, 0);
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  #route(service: string): Route {
    assertName('service', service);
    const known = this.#routes.get(service);
    if (known !== undefined) return known;
    const place = this.#options.place(service);
    const gone = new Set<string>();
    let isFirst = true;
    const changes = new GatheredChanges<Pool>(async (edit, signal) => {
      if (isFirst) await addIdle(place, gone, signal);
      isFirst = false;
      await place.change((pool) => forgetting(edit, pool, gone), signal);
    });
    const route = { place, changes, gone };
    this.#routes.set(service, route);
    return route;
  }
}

/** Makes the change; resolves with what is leaving then. */
async function changed(
  { changes }: Route,
  edit: (pool: Pool) => Pool,
  signal: AbortSignal,
): Promise<readonly Backend[]> {
  let leaving: readonly Backend[] = [];
  const watched = (pool: Pool) => {
    const edited = edit(pool);
    leaving = edited.leaving;
    return edited;
  };
  await changes.change(watched, signal);
  return leaving;
}

/** What a controller before this one has left behind, and has left by now. */
async function addIdle(place: PoolPlace, gone: Set<string>, signal: AbortSignal): Promise<void> {
  const { leaving } = await place.read(signal);
  const loads = leaving.length === 0 ? [] : await place.look(leaving, signal);
  for (const [i, each] of leaving.entries()) if (loads[i]?.busy === false) gone.add(keyOf(each));
}

/** Forgets with the change what has left before it. By itself that is not worth a reload. */
function forgetting(edit: (pool: Pool) => Pool, pool: Pool, gone: Set<string>): Pool {
  const edited = edit(pool);
  if (isSame(edited, pool)) return pool;
  const before = new Set(pool.leaving.map(keyOf));
  const stays = (each: Backend) => !(gone.has(keyOf(each)) && before.has(keyOf(each)));
  return { ...edited, leaving: edited.leaving.filter(stays) };
}

function isSame(a: Pool, b: Pool): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function keyOf({ target, release, address: { host, port } }: Backend): string {
  return JSON.stringify([target, release, host, port]);
}

function assertRelease(release: string): void {
  if (release.length <= LONGEST_RELEASE && !/\p{C}/u.test(release)) return;
  throw new InvalidInputError(`${JSON.stringify(release.slice(0, 128))} cannot be the id of a release`, {
    remedy: `Use at most ${LONGEST_RELEASE} characters, none of them a control character.`,
  });
}
