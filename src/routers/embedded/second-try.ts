/**
 * Which requests may be tried again after a failure, at another backend or over a new connection.
 *
 * Anything of which nothing was written: after a connection that could not be made, and with a body of which
 * no byte was taken. And GET, HEAD and OPTIONS without a body while no response has begun: doing them twice
 * does no harm. What is left, a POST written to a connection that the backend closes at that very moment,
 * cannot be told from one that was acted upon; it gets a 502, as repeating it might do it twice.
 */

/** A request that has reached a backend is sent again this many times at most: it may be what kills them. */
const MAX_RESENDS = 2;

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);
const CONNECTION_LOST = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'CUT_OFF']);

/** A try that failed before a response had begun. */
export interface FailedTry {
  /** Of the error. */
  readonly code: string;
  /** The connection stood, so that some of the request may have been written to it. */
  readonly sent: boolean;
  readonly method: string;
  readonly body: { readonly touched: boolean } | null;
  /** How often the request was sent again before. */
  readonly resends: number;
}

export function mayTryAgain({ code, sent, method, body, resends }: FailedTry): boolean {
  if (!sent) return code !== 'UND_ERR_INVALID_ARG';
  if (!CONNECTION_LOST.has(code) || resends >= MAX_RESENDS) return false;
  return body === null ? REPEATABLE.has(method) : !body.touched;
}

/** True when the code of an error, before anything was sent, says that the backend cannot be reached. */
export function isUnreachable(code: string): boolean {
  return code !== 'UND_ERR_INVALID_ARG' && code !== 'CUT_OFF';
}
