/**
 * A Caddy that is there already, steered by its admin API. It owns the upstreams of the routes that carry the ids
 * of the services (`route.ts`), and nothing else of the config. Each change is made to what was read, or not at all:
 * Caddy refuses it when the config is another one by then (`If-Match`).
 *
 * Caddy forgets it all when it is started from its own file; `caddy run --resume` starts it with what it had.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError, OperationError } from '../../errors.ts';
import type { Pool } from '../pool.ts';
import { type Load, type PoolPlace, PoolRouter } from '../pool-router.ts';
import type { Backend } from '../router.ts';
import type { AdminAnswer, CaddyAdmin } from './admin.ts';
import { dialOf, readRoute, writeRoute } from './route.ts';

export interface CaddyRouterOptions {
  /** `caddyAdmin('127.0.0.1:2019')`. */
  readonly admin: CaddyAdmin;
  /** Service to the `"@id"` of its route in Caddy. Default: the same name. */
  readonly ids?: Readonly<Record<string, string>>;
  /** How long requests in flight are waited for when a backend leaves. Default 30000. */
  readonly drainTimeoutMs?: number;
}

const ID = /^[A-Za-z0-9._-]+$/;
const CHANGE_TIMEOUT_MS = 30_000;
const CHANGE_RETRY_MS = 20;

export class CaddyRouter extends PoolRouter {
  /** @throws InvalidInputError for ids that cannot be part of a path */
  constructor({ admin, ids = {}, drainTimeoutMs }: CaddyRouterOptions) {
    const known = new Map(Object.entries(ids));
    for (const id of known.values()) assertRouteId(id);
    super({
      name: 'caddy',
      place: (service) => new CaddyRoute(known.get(service) ?? service, admin),
      ...(drainTimeoutMs !== undefined && { drainTimeoutMs }),
    });
  }
}

/** @throws InvalidInputError unless a route can have this id */
function assertRouteId(id: string): void {
  if (ID.test(id)) return;
  throw new InvalidInputError(`${JSON.stringify(id)} cannot be the id of a route in Caddy`, {
    remedy: 'Use letters, digits, dots, dashes and underscores.',
  });
}

class CaddyRoute implements PoolPlace {
  readonly #id: string;
  readonly #admin: CaddyAdmin;

  constructor(id: string, admin: CaddyAdmin) {
    assertRouteId(id);
    this.#id = id;
    this.#admin = admin;
  }

  async read(signal: AbortSignal): Promise<Pool> {
    return readRoute((await this.#get(signal)).body, this.#id);
  }

  async change(edit: (pool: Pool) => Pool, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + CHANGE_TIMEOUT_MS;
    for (;;) {
      const { body: before, etag } = await this.#get(signal);
      if (etag === null) throw tooOld();
      const pool = readRoute(before, this.#id);
      const edited = edit(pool);
      if (edited === pool) return;
      const body = writeRoute(before, this.#id, edited);
      const path = this.#path();
      const answer = await this.#admin({ method: 'PATCH', path, body, ifMatch: etag }, signal);
      if (answer.status === 200) return;
      if (answer.status !== 412 || performance.now() > deadline) throw refusal(answer, this.#id);
      await sleep(CHANGE_RETRY_MS, undefined, { signal });
    }
  }

  async look(backends: readonly Backend[], signal: AbortSignal): Promise<readonly Load[]> {
    const answer = await this.#admin({ method: 'GET', path: '/reverse_proxy/upstreams' }, signal);
    if (answer.status !== 200) throw refusal(answer, this.#id);
    const upstreams = JSON.parse(answer.body) as { address: string; num_requests: number }[];
    const counts = new Map(upstreams.map((each) => [each.address, each.num_requests]));
    return backends.map(({ address }) => {
      const inFlight = counts.get(dialOf(address)) ?? 0;
      return { inFlight, busy: inFlight > 0 };
    });
  }

  async #get(signal: AbortSignal): Promise<AdminAnswer> {
    const answer = await this.#admin({ method: 'GET', path: this.#path() }, signal);
    if (answer.status !== 200) throw refusal(answer, this.#id);
    return answer;
  }

  #path(): string {
    return `/id/${this.#id}`;
  }
}

function tooOld(): OperationError {
  return new OperationError('This Caddy cannot be changed safely: it gives no ETag for its config', {
    retryable: false,
    remedy: 'Use Caddy 2.6 or newer.',
  });
}

function refusal({ status, body }: AdminAnswer, id: string): OperationError {
  const said = saidIn(body);
  const isUnknown = /unknown object ID/.test(said);
  if (isUnknown) {
    return new OperationError(`Caddy has no route with the id ${id}`, {
      retryable: false,
      remedy: `Add it to its config: { "@id": "${id}", "handle": [{ "handler": "reverse_proxy", "upstreams": [] }] }. After a start it is only there with \`caddy run --resume\`, or from its file.`,
    });
  }
  if (status === 412) {
    return new OperationError('The config of Caddy is being changed by others all the time', {
      remedy: 'Look who uses its admin API.',
    });
  }
  if (status === 403) {
    return new OperationError(`Caddy does not let itself be asked: ${said}`, {
      retryable: false,
      remedy: 'Give its `admin` config `"origins": ["localhost"]`, or ask it as one of its origins (`host`).',
    });
  }
  return new OperationError(`Caddy does not accept the change, and stays as it was: ${status} ${said}`, {
    retryable: status >= 500 && !/loading new config/.test(said),
    remedy: 'Its log says more. The route may have been edited by hand.',
  });
}

function saidIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Not JSON: as it is.
  }
  return body.slice(0, 300);
}
