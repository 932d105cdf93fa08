/**
 * What an endpoint is, as data. The routes, their checks, who may use them, and the OpenAPI document all come from
 * the same table; see `endpoints.ts`.
 */
import { z } from 'zod';
import type { Permission } from './permissions.ts';

const API_BASE = '/api/v1';

export type Method = 'GET' | 'POST' | 'DELETE';

/**
 * Who may use it: whoever has the permission where it acts. `open`: anybody. `signed-in`: whoever has a token.
 * `signal`: what the signal needs, see `neededFor`. `outcome`: `read`, or a token that triggers that service there.
 */
export type Needs = Permission | 'open' | 'signed-in' | 'signal' | 'outcome';

/**
 * Where it acts, which is where the permission is needed:
 * - `query`, `body`: the service of the path or body, in the environment that is named there, or the only one.
 * - `deployment`, `plan`: where the one acts that the path, or the body, names.
 * - `several`: the environment that the query names; without one, it answers what may be read of all.
 * - `own`: what it touches says where; the handler checks.
 * - `everywhere`: in all environments. `nowhere`: no environment has to do with it.
 */
export type Place = 'query' | 'body' | 'deployment' | 'plan' | 'several' | 'own' | 'everywhere' | 'nowhere';

/**
 * What a repeated request with the same Idempotency-Key gets: the first `answer`; or `refused`, as the first answer
 * held a secret that is not kept; or the key is `ignored`, as repeating changes nothing.
 */
export type Repeats = 'answer' | 'refused' | 'ignored';

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  readonly method: Method;
  /** Whole, with `{name}` for each parameter. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly needs: Needs;
  readonly place: Place;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** By status; `null` without a body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Of the answers; `text/event-stream` is a stream of what the schema says. Default `application/json`. */
  readonly media?: 'text/event-stream' | 'text/plain';
  readonly repeats: Repeats;
}

const NOTHING = z.strictObject({});
type Nothing = typeof NOTHING;

interface Description<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>
  extends Pick<Endpoint, 'method' | 'tag' | 'summary' | 'needs' | 'place' | 'answers' | 'media'> {
  /** Below `/api/v1`; one that begins with `//` is outside of it. */
  readonly path: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly repeats?: Repeats;
}

export function endpoint<
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(description: Description<Params, Query, Body>): Endpoint<Params, Query, Body> {
  const { path, params, query, body, repeats, ...rest } = description;
  return {
    ...rest,
    path: path.startsWith('//') ? path.slice(1) : API_BASE + path,
    params: params ?? (NOTHING as unknown as Params),
    query: query ?? (NOTHING as unknown as Query),
    body: body ?? (NOTHING as unknown as Body),
    repeats: repeats ?? (rest.method === 'POST' ? 'answer' : 'ignored'),
  };
}
