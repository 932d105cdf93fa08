/**
 * The answers that the router gives itself: a status, a code for machines in `x-sluice-error`, and one
 * sentence for people. They name the service and the reason, never an address or a stack.
 */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { errors } from 'undici';

export type RefusalCode =
  | 'bad-request'
  | 'unknown-host'
  | 'slow-request'
  | 'head-too-large'
  | 'connect-failed'
  | 'connection-lost'
  | 'bad-response'
  | 'no-backend'
  | 'overloaded'
  | 'cut-off'
  | 'closing'
  | 'connect-timeout'
  | 'response-timeout';

export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  readonly sentence: string;
}

const RETRY_AFTER_S = 1;

export function badRequest(reason: string): Refusal {
  return { status: 400, code: 'bad-request', sentence: `The request was refused: ${reason}.` };
}

/** What Node's parser or its timer for slow requests objects to, by the code of its error. */
export function clientFault(code: string): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      status: 431,
      code: 'head-too-large',
      sentence: 'The request was refused: its headers are too large.',
    };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, code: 'slow-request', sentence: 'The request was refused: it came too slowly.' };
  }
  return badRequest('it is not valid HTTP');
}

export function unknownHost(host: string | null): Refusal {
  const what = host === null ? 'a request without a host name' : `the host ${JSON.stringify(host)}`;
  return { status: 404, code: 'unknown-host', sentence: `No service answers here to ${what}.` };
}

export function noBackend(service: string): Refusal {
  return {
    status: 503,
    code: 'no-backend',
    sentence: `Service ${service} has no instance that takes requests.`,
  };
}

export function overloaded(service: string): Refusal {
  const sentence = `Service ${service} is overloaded: all of its instances are busy.`;
  return { status: 503, code: 'overloaded', sentence };
}

export function closing(service: string): Refusal {
  return { status: 503, code: 'closing', sentence: `Service ${service} is being taken out of service here.` };
}

/** A backend answered, but not in a way that can be passed on. */
export class BadResponseError extends Error {
  override readonly message = 'the body has a transfer coding other than chunked';
}

const { HTTPParserError, HeadersOverflowError, ResponseContentLengthMismatchError } = errors;
const INVALID_RESPONSES = [
  BadResponseError,
  HeadersOverflowError,
  HTTPParserError,
  ResponseContentLengthMismatchError,
];

/** Why a request could not be answered by a backend, from what undici says about it. */
export function upstreamFailure(service: string, error: Error, sent: boolean): Refusal {
  const code = 'code' in error ? String(error.code) : '';
  const refusal = (status: number, refusalCode: RefusalCode, reason: string): Refusal => ({
    status,
    code: refusalCode,
    sentence: `Service ${service} gave no answer: its instance ${reason}.`,
  });
  if (code === 'UND_ERR_INVALID_ARG') return badRequest('it has a header or path that cannot be passed on');
  if (code === 'CUT_OFF')
    return refusal(503, 'cut-off', 'was taken out of service and the time to finish was over');
  if (code === 'CONNECT_TIMEOUT')
    return refusal(504, 'connect-timeout', 'did not accept the connection in time');
  if (!sent) return refusal(502, 'connect-failed', 'did not accept the connection');
  if (code === 'UND_ERR_HEADERS_TIMEOUT')
    return refusal(504, 'response-timeout', 'did not begin to answer in time');
  if (INVALID_RESPONSES.some((invalid) => error instanceof invalid)) {
    return refusal(502, 'bad-response', 'answered with something that is not valid HTTP');
  }
  return refusal(502, 'connection-lost', 'closed the connection before it answered');
}

/** Sends the refusal as the whole response. What follows a request that was not understood is not listened to. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  if (refusal.code === 'bad-request') response.shouldKeepAlive = false;
  const body = `${refusal.sentence}\n`;
  response.writeHead(refusal.status, refusalHeaders(refusal, body));
  response.end(body);
}

/** The refusal as bytes, for a socket on which there is no request that could be answered. */
export function rawRefusal(refusal: Refusal): string {
  const body = `${refusal.sentence}\n`;
  const headers = [...refusalHeaders(refusal, body), 'connection', 'close'];
  let head = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${head}\r\n${body}`;
}

function refusalHeaders(refusal: Refusal, body: string): string[] {
  const headers = ['content-type', 'text/plain; charset=utf-8'];
  headers.push('content-length', String(Buffer.byteLength(body)));
  headers.push('cache-control', 'no-store');
  headers.push('x-sluice-error', refusal.code);
  if (refusal.status === 503) headers.push('retry-after', String(RETRY_AFTER_S));
  return headers;
}
