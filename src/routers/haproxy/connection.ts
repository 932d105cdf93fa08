import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../errors.ts';
import { localSocket, type OpenSocket } from '../reach.ts';

/**
 * The way to a HAProxy's runtime socket, wherever it is: sends one line and gives what HAProxy answered. The
 * line never has a line break in it.
 */
export type HaproxyConnection = (line: string, signal: AbortSignal) => Promise<string>;

const ANSWER_TIMEOUT_MS = 10_000;

/** While HAProxy is reloaded its socket is not there for a moment. */
const RECONNECT_FOR_MS = 1_000;
const RECONNECT_EVERY_MS = 50;

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES:
    'Run Sluice as a user of the group that may write to the socket, or change `mode` and `group` of `stats socket` in the config of HAProxy.',
  ENOENT: 'Is HAProxy running, and is this the path of `stats socket` in its config?',
  ECONNREFUSED: 'Is HAProxy running, and is this the address of `stats socket` in its config?',
};

/**
 * The runtime socket of a HAProxy.
 * @param socket the path of a unix socket, or `host:port` (never give the latter to a network that others are on),
 *   or what opens a connection to it wherever it is
 */
export function haproxySocket(socket: string | OpenSocket): HaproxyConnection {
  const open = typeof socket === 'string' ? localSocket(socket) : socket;
  const place = typeof socket === 'string' ? socket : 'its socket';
  return async (line, signal) => {
    const deadline = performance.now() + RECONNECT_FOR_MS;
    for (;;) {
      try {
        return await ask(open, line, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]));
      } catch (error) {
        signal.throwIfAborted();
        const code = codeOf(error);
        const goneForNow = code === 'ENOENT' || code === 'ECONNREFUSED';
        if (!goneForNow || performance.now() > deadline) throw explained(error, place, code);
        await sleep(RECONNECT_EVERY_MS, undefined, { signal });
      }
    }
  };
}

async function ask(open: OpenSocket, line: string, signal: AbortSignal): Promise<string> {
  const socket = await open(signal);
  return await new Promise((resolve, reject) => {
    let answer = '';
    const giveUp = () => socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      answer += part;
    });
    socket.on('end', () => {
      resolve(answer);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      signal.removeEventListener('abort', giveUp);
      reject(new Error('the connection was closed'));
    });
    socket.write(`${line}\n`);
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function explained(error: unknown, socket: string, code: string): OperationError {
  const remedy = REMEDIES[code];
  const words =
    error instanceof Error && error.name === 'TimeoutError' ? 'no answer within 10 s' : String(error);
  return new OperationError(`HAProxy cannot be reached at ${socket}: ${words}`, {
    cause: error,
    retryable: code !== 'EACCES',
    ...(remedy !== undefined && { remedy }),
  });
}
