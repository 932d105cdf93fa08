import { connect, type Socket } from 'node:net';

/** A backend did not take the connection in time. */
class ConnectTimeoutError extends Error {
  readonly code = 'CONNECT_TIMEOUT';
}

type Connected = (...result: [error: null, socket: Socket] | [error: Error, socket: null]) => void;

/**
 * Opens a connection for undici. Its own connector keeps a timeout to half a second only, and the same one for
 * the life of a pool.
 */
export function openConnection(host: string, port: number, timeoutMs: number, callback: Connected): void {
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  const timer = setTimeout(() => {
    socket.destroy(new ConnectTimeoutError(`no connection within ${timeoutMs} ms`));
  }, timeoutMs);
  const fail = (error: Error) => {
    clearTimeout(timer);
    callback(error, null);
  };
  socket.once('error', fail);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.off('error', fail);
    callback(null, socket);
  });
}
