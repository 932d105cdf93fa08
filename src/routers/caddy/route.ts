/**
 * The route of a service in Caddy's config, which the user marks with `"@id"`. What Sluice writes in it are the
 * `upstreams` of its one `reverse_proxy`, and a handler before that, which no request ever reaches:
 *
 *     { "handler": "subroute", "routes": [{ "match": [{ "not": [{ "path": ["*"] }] }], "handle": [
 *       { "handler": "vars", "sluice": { "members": [...], "leaving": [...], "split": {...} } },
 *       { "handler": "reverse_proxy", "upstreams": [...] } ] }] }
 *
 * The first of the two in it says what the pool is. The second has those that get nothing: Caddy only counts the
 * requests in flight of what it has in its config. All else is sent back as it was read. Pure.
 */
import { isIPv6 } from 'node:net';
import type { Address } from '../../domain/target.ts';
import { OperationError } from '../../errors.ts';
import { EMPTY_POOL, interleaved, type Pool, readBackend, readSplit } from '../pool.ts';
import type { Backend } from '../router.ts';
import { weightsFor } from '../weights.ts';

type Json = Readonly<Record<string, unknown>>;

const HEAVIEST = 256;
const NEVER = [{ not: [{ path: ['*'] }] }];

/** The pool that is written in the route. @throws OperationError unless it is a route for Sluice */
export function readRoute(text: string, id: string): Pool {
  const { proxy, kept } = partsOf(text, id);
  if (kept === null) {
    if (listOf(proxy.upstreams).length === 0) return EMPTY_POOL;
    throw unfit(id, 'has upstreams that are not of Sluice, which would replace them', '"upstreams": []');
  }
  const where = `the route ${id} of Caddy`;
  return {
    members: listOf(kept.members).map((each) => readBackend(each, where)),
    leaving: listOf(kept.leaving).map((each) => readBackend(each, where)),
    split: readSplit(kept.split ?? null, where),
  };
}

/** The route with this pool. @throws OperationError as `readRoute` does */
export function writeRoute(text: string, id: string, pool: Pool): string {
  const { route, handlers, proxy } = partsOf(text, id);
  const weights = weightsFor(pool.members, pool.split, HEAVIEST);
  const upstreams = interleaved(pool.members, weights).map(upstreamOf);
  const idle = [...pool.members.filter((_, i) => weights[i] === 0), ...pool.leaving].map(upstreamOf);
  const keeper = {
    handler: 'subroute',
    routes: [
      {
        match: NEVER,
        handle: [
          { handler: 'vars', sluice: pool },
          { handler: 'reverse_proxy', upstreams: idle },
        ],
      },
    ],
  };
  const handle = handlers.flatMap((each) => {
    if (each === proxy) return [keeper, { ...proxy, upstreams }];
    return keptIn(each) === null ? [each] : [];
  });
  return JSON.stringify({ ...route, handle });
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
export function dialOf({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function upstreamOf({ address }: Backend): Json {
  return { dial: dialOf(address) };
}

function partsOf(text: string, id: string) {
  const route = objectOf(JSON.parse(text));
  const handlers = listOf(route.handle).map(objectOf);
  const [proxy, second] = handlers.filter(({ handler }) => handler === 'reverse_proxy');
  if (proxy === undefined || second !== undefined) {
    const what = Array.isArray(route.handle)
      ? 'does not have one `reverse_proxy` in its `handle`'
      : 'is not a route';
    throw unfit(id, what, '{ "@id": "…", "handle": [{ "handler": "reverse_proxy", "upstreams": [] }] }');
  }
  const kept = handlers.map(keptIn).find((each) => each !== null) ?? null;
  return { route, handlers, proxy, kept };
}

/** What Sluice has written in this handler, where it is the one that Sluice adds. */
function keptIn({ handler, routes }: Json): Json | null {
  if (handler !== 'subroute') return null;
  const [vars] = listOf(objectOf(listOf(routes)[0]).handle).map(objectOf);
  return vars?.handler === 'vars' && vars.sluice !== undefined ? objectOf(vars.sluice) : null;
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function unfit(id: string, what: string, wanted: string): OperationError {
  return new OperationError(`What has the id ${id} in the config of Caddy ${what}`, {
    retryable: false,
    remedy: `Make it ${wanted}.`,
  });
}
