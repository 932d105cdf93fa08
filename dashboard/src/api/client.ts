/** Asks the server. Whatever it refuses is thrown as a `ProblemError`, with the words that it gave. */
import type { Problem } from '../../../src/server/api/problem.ts';

const API = '/api/v1';

/** The server's own words for what cannot be done, and what to do about it. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** There was no answer: the server, or the way to it, is down. */
export class UnansweredError extends Error {
  constructor(cause: unknown) {
    super('the server does not answer', { cause });
    this.name = 'UnansweredError';
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Request {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** What only a page of the server's own can read; it has to go with whatever changes something. */
let csrf: string | null = null;

export function setCsrf(token: string | null): void {
  csrf = token;
}

/** @param path below `/api/v1`, such as `/deployments/api-7` */
export async function ask<T>(
  path: string,
  { method = 'GET', query = {}, body, signal }: Request = {},
): Promise<T> {
  const answer = await fetch(urlOf(path, query), {
    method,
    headers: headersFor(method, body),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    throw signal?.aborted === true ? error : new UnansweredError(error);
  });
  if (!answer.ok) throw new ProblemError(await problemOf(answer));
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export function urlOf(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return `${API}${path}${search === '' ? '' : `?${search}`}`;
}

function headersFor(method: string, body: unknown): Record<string, string> {
  if (method === 'GET') return {};
  return {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(csrf === null ? {} : { 'x-csrf-token': csrf }),
    // A click whose answer is lost on the way must not count twice when it is sent again.
    ...(method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {}),
  };
}

async function problemOf(answer: Response): Promise<Problem> {
  const isProblem = answer.headers.get('content-type')?.includes('json') === true;
  const said: unknown = isProblem ? await answer.json().catch(() => null) : null;
  if (typeof said === 'object' && said !== null && 'detail' in said) return said as Problem;
  const detail = `the server answered ${answer.status} ${answer.statusText}`.trim();
  return {
    type: 'about:blank',
    title: 'The answer cannot be read',
    status: answer.status,
    code: 'UNEXPECTED',
    detail,
  };
}
