/**
 * What a failed run means and how it is said. A fault of the instance is unhealthy; a fault of the machine
 * that asks (no file descriptors left, no resolver) says nothing about the instance, so it is unknown.
 */
import { messageOf } from '../errors.ts';
import type { CheckResult } from './health-check.ts';
import { placeOf } from './place.ts';

const FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ECONNABORTED: 'connection aborted',
  EPIPE: 'connection closed',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  EHOSTDOWN: 'host down',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'no such host',
  EACCES: 'permission denied',
  ENOENT: 'cannot find',
};

const FAULTS_OF_THE_ASKER: Readonly<Record<string, string>> = {
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENOMEM: 'out of memory',
  ENOBUFS: 'out of network buffers',
  EADDRNOTAVAIL: 'no local address or port to connect from',
  EAGAIN: 'too many processes',
  EAI_AGAIN: 'the name could not be looked up',
};

/** Codes that OpenSSL and Node give to a certificate that was refused. */
const REFUSED_CERTIFICATE =
  /^(?:ERR_TLS_CERT_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_(?:CA|PURPOSE)|HOSTNAME_)/;

/** What is read from anything that was thrown; each may be absent. */
interface Fault {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly address?: unknown;
  readonly hostname?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
}

/**
 * The result of a run that failed: `connection refused 127.0.0.1:4100`. Give the `place` that was asked when
 * it is known; without it, only errors of the system itself are put into words, with the place they name,
 * and any other keeps its own message.
 */
export function resultOfFault(thrown: unknown, place?: string): CheckResult {
  const root = rootOf(thrown);
  const fault: Fault = typeof root === 'object' && root !== null ? root : {};
  const code = typeof fault.code === 'string' ? fault.code : '';
  const isOfSystem = place !== undefined || typeof fault.syscall === 'string';
  const askersFault = FAULTS_OF_THE_ASKER[code];
  if (isOfSystem && askersFault !== undefined) {
    return { status: 'unknown', message: `could not ask: ${askersFault}` };
  }
  const words = isOfSystem ? (FAULTS[code] ?? protocolFault(code, messageOf(root))) : undefined;
  const message =
    words === undefined
      ? messageOf(root) || code || 'failed without a message'
      : `${words} ${place ?? placeIn(fault)}`.trim();
  return { status: 'unhealthy', message };
}

/** The error itself where `fetch`, or a connection that tried several addresses, has wrapped it. */
function rootOf(thrown: unknown): unknown {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return rootOf(thrown.errors[0]);
  if (thrown instanceof TypeError && thrown.cause instanceof Error) return rootOf(thrown.cause);
  return thrown;
}

/** What Node says of TLS and HTTP, without its jargon. */
function protocolFault(code: string, message: string): string | undefined {
  if (REFUSED_CERTIFICATE.test(code)) return `certificate refused (${message}) from`;
  const openssl = /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  if (openssl !== undefined) return `TLS failed (${openssl}) with`;
  if (code.startsWith('HPE_')) return `unreadable answer (${message.replace('Parse Error: ', '')}) from`;
  return undefined;
}

function placeIn(fault: Fault): string {
  const host = fault.address ?? fault.hostname;
  if (typeof host === 'string') {
    return typeof fault.port === 'number' ? placeOf({ host, port: fault.port }) : host;
  }
  return typeof fault.path === 'string' ? fault.path : '';
}
