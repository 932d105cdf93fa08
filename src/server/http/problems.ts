/** What is thrown, as problem details. What nobody expected is told to the server's log, and to nobody else. */
import type { FastifyError } from 'fastify';
import {
  InvalidPlanStateError,
  LeaseHeldError,
  messageOf,
  OperationError,
  SluiceError,
  StalePlanError,
} from '../../errors.ts';
import { makeProblem, PROBLEMS, type Problem, type ProblemCode } from '../api/problem.ts';

/** Thrown by what belongs to HTTP alone: signing in, headers, methods. */
export class ProblemError extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
    this.headers = headers;
  }
}

/** Throws the problem. */
export function refuse(code: ProblemCode, detail: string, remedy?: string): never {
  throw new ProblemError(makeProblem(code, detail, remedy));
}

/** By the beginning of the code of what Fastify throws. */
const OF_FASTIFY: readonly (readonly [beginning: string, code: ProblemCode, detail: string])[] = [
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'BODY_TOO_LARGE', 'the body is larger than 64 KB'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE', 'the body is not application/json'],
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'MALFORMED_JSON', 'the body cannot be read as JSON'],
  ['FST_ERR_CTP', 'INVALID_REQUEST', 'the body does not fit its headers'],
  ['FST_ERR_BAD_URL', 'INVALID_REQUEST', 'the path is not a valid one'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'NOT_FOUND', 'there is nothing of such a long name'],
];

/** The problem of anything that was thrown; `null` for what nobody expected. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof SluiceError) return problemOfSluice(error);
  const { code = '', statusCode } = error as Partial<FastifyError>;
  const known = OF_FASTIFY.find(([beginning]) => code.startsWith(beginning));
  if (known !== undefined) return makeProblem(known[1], known[2]);
  // The parser of JSON has codes of its own making.
  if (error instanceof SyntaxError && statusCode === 400) {
    return makeProblem('MALFORMED_JSON', `the body cannot be read as JSON: ${messageOf(error)}`);
  }
  return null;
}

/** What everybody is told of what nobody expected. @param id finds it in the log of the server */
export function unexpectedProblem(id: string): Problem {
  const detail = `the server failed at this; what happened is in its log, under ${id}`;
  return makeProblem('UNEXPECTED', detail, 'Tell whoever runs the server.');
}

function problemOfSluice(error: SluiceError): Problem {
  const code = codeOf(error);
  return makeProblem(code, error.message, error.remedy, detailsOf(error));
}

function codeOf(error: SluiceError): ProblemCode {
  if (error instanceof OperationError && !error.retryable) return 'OPERATION_IMPOSSIBLE';
  return Object.hasOwn(PROBLEMS, error.code) ? (error.code as ProblemCode) : 'UNEXPECTED';
}

function detailsOf(error: SluiceError): Record<string, unknown> {
  if (error instanceof OperationError) return { evidence: error.evidence };
  if (error instanceof StalePlanError) return { differences: error.differences };
  if (error instanceof InvalidPlanStateError) return { state: error.state };
  if (!(error instanceof LeaseHeldError)) return {};
  return { holder: error.holder, since: error.since, doing: error.doing };
}
