/**
 * Shells by host, over whatever connects to them: one connection a host, opened for the first script and closed
 * when it has been idle for a while; scripts for one host wait for each other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../errors.ts';
import { type Connection, LoginFailure } from './connection.ts';
import type { RemoteResult, RemoteShell, RemoteShells, RunOptions } from './remote-shell.ts';
import { isDroppedBeforeLogin, unreachable } from './ssh-failure.ts';

/** Begins to log in to a host. */
export type Connect = (host: string, signal: AbortSignal) => Promise<Connection>;

const IDLE_MS = 60_000;
const MOST_LOGINS = 6;
const FIRST_PAUSE_MS = 200;
/** How long a look that nobody waits for any more has to end by itself. */
const LOOK_ENDS_MS = 2_000;

export class HostShells implements RemoteShells {
  readonly #connect: Connect;
  readonly #idleMs: number;
  readonly #shells = new Map<string, HostShell>();
  readonly #closed = new AbortController();

  /** @param idleMs a connection that ran nothing for so long is closed; default a minute */
  constructor(connect: Connect, idleMs: number = IDLE_MS) {
    this.#connect = connect;
    this.#idleMs = idleMs;
  }

  shell(host: string): RemoteShell {
    const known = this.#shells.get(host);
    if (known !== undefined) return known;
    const shell = new HostShell(host, this.#connect, this.#idleMs, this.#closed.signal);
    this.#shells.set(host, shell);
    return shell;
  }

  /** `ann@web1` logs in to `web1`. */
  async addressOf(host: string): Promise<string> {
    return host.slice(host.lastIndexOf('@') + 1);
  }

  /** Ends what still runs, and every connection. */
  async close(): Promise<void> {
    this.#closed.abort(new OperationError('the connections to the hosts were closed', { retryable: false }));
    await Promise.all([...this.#shells.values()].map((shell) => shell.close()));
  }
}

class HostShell implements RemoteShell {
  readonly host: string;
  readonly #connect: Connect;
  readonly #idleMs: number;
  readonly #closed: AbortSignal;
  /** The end of the last script that was asked for. */
  #last: Promise<unknown> = Promise.resolve();
  #connection: Connection | null = null;
  #idle: NodeJS.Timeout | undefined;

  constructor(host: string, connect: Connect, idleMs: number, closed: AbortSignal) {
    this.host = host;
    this.#connect = connect;
    this.#idleMs = idleMs;
    this.#closed = closed;
  }

  async run(script: string, options: RunOptions): Promise<RemoteResult> {
    const signal = AbortSignal.any([options.signal, this.#closed]);
    const turn = this.#last;
    const ended = turn.then(() => {
      signal.throwIfAborted();
      return options.looks === true
        ? this.#look(script, options)
        : this.#runNow(script, { ...options, signal });
    });
    this.#last = ended.catch(() => {});
    // Whoever waits for others can be cancelled at once: nothing of it has begun.
    await Promise.race([turn, aborted(signal)]);
    return await (options.looks === true ? Promise.race([ended, aborted(signal)]) : ended);
  }

  /** Killed only if it still runs a while after nobody waits for it any more, or when everything is closed. */
  async #look(script: string, options: RunOptions): Promise<RemoteResult> {
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      timer = setTimeout(() => late.abort(options.signal.reason), LOOK_ENDS_MS).unref();
    };
    options.signal.addEventListener('abort', wait, { once: true });
    try {
      return await this.#runNow(script, { ...options, signal: AbortSignal.any([late.signal, this.#closed]) });
    } finally {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', wait);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#last;
    await this.#hangUp();
  }

  async #runNow(script: string, options: RunOptions): Promise<RemoteResult> {
    clearTimeout(this.#idle);
    try {
      return await this.#loggedIn(script, options);
    } finally {
      if (this.#connection?.isEnded === true) this.#connection = null;
      this.#idle = setTimeout(() => void this.#hangUp(), this.#idleMs).unref();
    }
  }

  /** Logs in first where need be, again where sshd hung up on us because too many came at once. */
  async #loggedIn(script: string, options: RunOptions): Promise<RemoteResult> {
    for (let login = 1; ; login += 1) {
      options.signal.throwIfAborted();
      if (this.#connection === null || this.#connection.isEnded) {
        this.#connection = await this.#connect(this.host, options.signal);
      }
      try {
        return await this.#connection.run(script, options);
      } catch (error) {
        if (!(error instanceof LoginFailure)) throw error;
        if (login >= MOST_LOGINS || !isDroppedBeforeLogin(error.said))
          throw unreachable(this.host, error.said);
      }
      // Random, so that those who were dropped together do not come back together.
      const pause = FIRST_PAUSE_MS * 2 ** (login - 1) * (0.5 + Math.random());
      await sleep(pause, undefined, { signal: options.signal });
    }
  }

  async #hangUp(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
