/** The admin API of a Caddy, wherever it is. */
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../errors.ts';
import { localSocket, type OpenSocket } from '../reach.ts';

export interface AdminRequest {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** The ETag of what the request changes. */
  readonly ifMatch?: string;
}

export interface AdminAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: string;
}

/** Sends a request to the admin API. Rejects with `OperationError` when Caddy cannot be reached. */
export type CaddyAdmin = (request: AdminRequest, signal: AbortSignal) => Promise<AdminAnswer>;

export interface CaddyAdminOptions {
  /** As what Caddy is asked; it has to be one of its `origins`. Default: the place, or `localhost` for a socket. */
  readonly host?: string;
}

const ANSWER_TIMEOUT_MS = 30_000;
/** While Caddy takes a new config its admin API is not there for a moment. */
const RECONNECT_FOR_MS = 1_000;
const RECONNECT_EVERY_MS = 50;
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;
const GONE_FOR_NOW = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE'];

/**
 * The admin API of a Caddy.
 * @param place `127.0.0.1:2019`, or the path of a unix socket, or what opens a connection to it wherever it is. Never
 *   give a port to a network that others are on: whoever reaches it may do anything with this Caddy.
 */
export function caddyAdmin(place: string | OpenSocket, options: CaddyAdminOptions = {}): CaddyAdmin {
  const open = typeof place === 'string' ? localSocket(place) : place;
  const isSocket = typeof place !== 'string' || !/:\d+$/.test(place);
  const { host = isSocket ? 'localhost' : place } = options;
  return async (asked, signal) => {
    const deadline = performance.now() + RECONNECT_FOR_MS;
    for (;;) {
      try {
        return await send(
          open,
          host,
          asked,
          AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
        );
      } catch (error) {
        signal.throwIfAborted();
        const code = (error as NodeJS.ErrnoException).code ?? '';
        if (!GONE_FOR_NOW.includes(code) || performance.now() > deadline) throw unreachable(error, place);
        await sleep(RECONNECT_EVERY_MS, undefined, { signal });
      }
    }
  };
}

async function send(
  open: OpenSocket,
  host: string,
  { method, path, body = '', ifMatch }: AdminRequest,
  signal: AbortSignal,
): Promise<AdminAnswer> {
  // One a request: Caddy closes the others whenever it takes a new config.
  const socket = await open(signal);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        host,
        connection: 'close',
        ...(body !== '' && { 'content-type': 'application/json' }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      };
      const sent = request({ createConnection: () => socket, method, path, headers, signal }, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > LARGEST_ANSWER_BYTES) throw new Error('its answer is too large');
      parts.push(part);
    }
    const etag = response.trailers.etag ?? response.headers.etag ?? null;
    return { status: response.statusCode ?? 0, etag, body: Buffer.concat(parts).toString('utf8') };
  } finally {
    socket.destroy();
  }
}

function unreachable(error: unknown, place: string | OpenSocket): OperationError {
  const where = typeof place === 'string' ? place : 'its socket';
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const forbidden = (error as NodeJS.ErrnoException).code === 'EACCES';
  return new OperationError(
    `The admin API of Caddy cannot be reached at ${where}: ${isLate ? 'no answer within 30 s' : String(error)}`,
    {
      cause: error,
      retryable: !forbidden,
      remedy: forbidden
        ? 'Run Sluice as a user that may write to this socket.'
        : 'Is Caddy running, and is this `admin.listen` of its config (default localhost:2019)?',
    },
  );
}
