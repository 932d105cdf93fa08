/** What every request is answered with that cannot be done: problem details, RFC 9457. */
import { z } from 'zod';
import { evidence } from './event-answers.ts';

export const PROBLEM_TYPE = 'application/problem+json';

export const problem = z
  .looseObject({
    type: z.string().meta({ description: 'where the code is explained' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'what is wrong, for a person' }),
    code: z.string().meta({ description: 'stable; the codes of the command line, and those of HTTP' }),
    remedy: z.string().optional().meta({ description: 'what to do next' }),
    evidence: evidence.optional(),
    problems: z
      .array(z.object({ in: z.string(), path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'of INVALID_REQUEST: every part of the request that cannot be used' }),
  })
  .meta({ id: 'Problem' });

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly remedy?: string;
  /** What else the error tells: `evidence`, `differences`, `holder`. */
  readonly [more: string]: unknown;
}

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** Every code that a problem can have, with its status. */
export const PROBLEMS = {
  INVALID_REQUEST: { status: 400, title: 'The request cannot be used' },
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON' },
  INVALID_INPUT: { status: 400, title: 'What was asked for cannot be done' },
  UNAUTHENTICATED: { status: 401, title: 'Nobody is signed in' },
  FORBIDDEN: { status: 403, title: 'This is not allowed' },
  CROSS_SITE: { status: 403, title: 'The request does not come from the dashboard' },
  NOT_FOUND: { status: 404, title: 'There is nothing here' },
  DEPLOYMENT_NOT_FOUND: { status: 404, title: 'There is no such deployment' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This method is not for this path' },
  STALE_PLAN: { status: 409, title: 'The fleet is not what the plan was made for' },
  INVALID_PLAN_STATE: { status: 409, title: 'A deployment is in the way' },
  LEASE_HELD: { status: 409, title: 'Another controller acts on the service' },
  FENCED: { status: 409, title: 'Another controller took over' },
  JOURNAL_CONFLICT: { status: 409, title: 'Two controllers wrote the same deployment' },
  SIGNAL_REFUSED: { status: 409, title: 'The deployment does not take this signal now' },
  IDEMPOTENCY_UNKNOWN: { status: 409, title: 'Nobody knows what came of the first request' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body has to be JSON' },
  MISDIRECTED: { status: 421, title: 'This server does not go by that name' },
  INVALID_PLAN: { status: 422, title: 'The plan makes no sense' },
  OPERATION_IMPOSSIBLE: { status: 422, title: 'Something that a deployment needs is not there' },
  IDEMPOTENCY_MISMATCH: { status: 422, title: 'The key was used for something else' },
  TOO_MANY_ATTEMPTS: { status: 429, title: 'Too many attempts' },
  UNEXPECTED: { status: 500, title: 'Something unexpected happened' },
  OPERATION: { status: 502, title: 'A target, router or hook failed' },
  CONFIG: { status: 503, title: 'The config cannot be used' },
  JOURNAL: { status: 503, title: 'The journal cannot be used' },
  SUPERVISOR: { status: 503, title: 'The supervisor cannot be reached' },
  STOPPING: { status: 503, title: 'The server stops' },
  TOO_MANY_STREAMS: { status: 503, title: 'Too many streams are open' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** @param more further members; `remedy` is left out where it is `undefined` */
export function makeProblem(
  code: ProblemCode,
  detail: string,
  remedy?: string,
  more: Readonly<Record<string, unknown>> = {},
): Problem {
  const { status, title } = PROBLEMS[code];
  const advice = remedy === undefined ? {} : { remedy };
  return { type: `/api/docs#${code}`, title, status, detail, code, ...advice, ...more };
}
