/** What every part of the HTTP side works with, and what a handler gets and gives. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { LeaseKey } from '../../journal/journal.ts';
import type { Endpoint } from '../api/endpoint.ts';
import type { Endpoints } from '../api/endpoints.ts';
import type { Identity } from '../api/permissions.ts';
import type { Operations } from '../operations.ts';
import type { ServerStore } from '../store/server-store.ts';
import type { Authentication } from './authentication.ts';
import type { Metrics } from './metrics.ts';
import type { Streams } from './streams.ts';

export interface AppContext {
  readonly operations: Operations;
  readonly store: ServerStore;
  readonly streams: Streams;
  readonly metrics: Metrics;
  readonly authentication: Authentication;
  /** Meant where none is named; `null` where the config has none. */
  readonly defaultEnvironment: string | null;
  /** Names this run of the server. */
  readonly run: string;
  readonly isStopping: () => boolean;
  /** Told of everything that nobody expected. @param id that the answer names */
  readonly onFault: (error: unknown, id: string) => void;
}

/** Where a request acts; `null` where that has nothing to do with it. */
export interface Where {
  readonly service: string | null;
  readonly environment: string | null;
  readonly deployment: string | null;
}

export interface Call<E extends Endpoint = Endpoint> {
  readonly params: z.output<E['params']>;
  readonly query: z.output<E['query']>;
  readonly body: z.output<E['body']>;
  readonly who: Identity;
  readonly where: Where;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A text of a stream, or several in one. */
export type Source = (signal: AbortSignal) => AsyncIterable<string>;

export type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly stream: Source; readonly kind: string };

export type Handler<E extends Endpoint> = (call: Call<E>) => Answer | Promise<Answer>;

export type Handlers = { readonly [Name in keyof Endpoints]: Handler<Endpoints[Name]> };

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** The service that a call is about, as its place was worked out. */
export function keyOf({ where: { service, environment } }: Pick<Call, 'where'>): LeaseKey {
  if (service === null || environment === null) throw new TypeError('the endpoint is about no service');
  return { service, environment };
}
