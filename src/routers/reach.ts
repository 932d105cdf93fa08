/**
 * The way to the machine of a load balancer, wherever that is: scripts of POSIX sh that run there, and sockets that
 * are opened there. Here is what both are on this machine. On another one a script goes over a connection to it (a
 * `run` of the same shape), and a socket over a forwarded one (`ssh -L local.sock:/run/haproxy/admin.sock`).
 */
import { spawn } from 'node:child_process';
import { createConnection, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';

/** How a script ended. */
export interface ScriptEnd {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  /** Such as `SIGKILL`. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script of POSIX sh where the load balancer is; `input` is what it reads on its standard input. Rejects
 * when it could not be run, or nobody knows how it ended, and with the signal's reason when that ended it.
 */
export type RunScript = (
  script: string,
  options: { readonly signal: AbortSignal; readonly input?: Uint8Array },
) => Promise<ScriptEnd>;

/** Opens a connection to a socket of the load balancer; rejects when there is none. */
export type OpenSocket = (signal: AbortSignal) => Promise<Duplex>;

/** Scripts on this machine. What an aborted one has started is killed with it. */
export const localScripts: RunScript = (script, { signal, input = new Uint8Array() }) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'pipe' });
    const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on('data', (part: Buffer) => said.stdout.push(part));
    child.stderr.on('data', (part: Buffer) => said.stderr.push(part));
    const giveUp = () => {
      killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    child.on('error', (error) => {
      signal.removeEventListener('abort', giveUp);
      reject(error);
    });
    child.on('close', (exitCode, endedBy) => {
      signal.removeEventListener('abort', giveUp);
      const [stdout, stderr] = [said.stdout, said.stderr].map((parts) =>
        Buffer.concat(parts).toString('utf8'),
      );
      resolve({ exitCode, signal: endedBy, stdout: stdout ?? '', stderr: stderr ?? '' });
    });
    // A script that ends without reading its input breaks the pipe; how it ended says enough.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/**
 * A socket that this machine can reach.
 * @param place the path of a unix socket, or `host:port`
 */
export function localSocket(place: string): OpenSocket {
  const options = placeOf(place);
  return (signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = createConnection(options);
      const giveUp = () => socket.destroy(signal.reason as Error);
      const settle = () => {
        signal.removeEventListener('abort', giveUp);
        socket.off('error', fail);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      socket.once('error', fail);
      socket.once('connect', () => {
        settle();
        resolve(socket);
      });
    });
}

function placeOf(place: string): NetConnectOpts {
  const [, host, port] = /^\[?([^/]+?)\]?:(\d+)$/.exec(place) ?? [];
  return host === undefined ? { path: place } : { host, port: Number(port) };
}
