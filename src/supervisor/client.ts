/**
 * The supervisor as its users see it: it is there whenever it is called. Where it is not running it is
 * started, and where it dies in the middle of a call it is started and called again: every method is an ensure.
 */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationContext } from '../domain/operation.ts';
import { type Hide, hideNothing } from '../domain/secret-text.ts';
import { messageOf, SupervisorError } from '../errors.ts';
import { Connection, LostError } from './connection.ts';
import { builtSupervisor, launch } from './launch.ts';
import { logPath, removeLogs } from './log-files.ts';
import { type FollowOptions, followLines, tailLines } from './log-reader.ts';
import { identifyProcess } from './process-identity.ts';
import {
  type Greeting,
  type Input,
  type InstanceKey,
  type Method,
  type Output,
  PROTOCOL,
} from './protocol.ts';
import { readSocketPath } from './socket-path.ts';
import { prepareStateDir } from './state-dir.ts';

export interface SupervisorClientOptions {
  /** The folder with all state, `.sluice`. */
  readonly stateDir: string;
  /** Program and arguments that start a supervisor. Default: the one of this package, with this Node. */
  readonly command?: readonly string[];
  /** How long a supervisor that is started here stays with nothing to do. Default 10000. */
  readonly idleExitMs?: number;
  /** The longest to wait until a supervisor answers, one that runs or one that is started. Default 10000. */
  readonly answerTimeoutMs?: number;
}

const DEFAULT_ANSWER_TIMEOUT_MS = 10_000;
const SHUTDOWN_TIMEOUT_MS = 60_000;
const LOOK_INTERVAL_MS = 20;

export class SupervisorClient implements AsyncDisposable {
  /** Absolute. */
  readonly stateDir: string;
  readonly #options: SupervisorClientOptions;
  readonly #answerTimeoutMs: number;
  #connection: Connection | null = null;
  #connecting: Promise<Connection> | null = null;

  /** Does nothing yet: the supervisor is looked for at the first call. */
  constructor(options: SupervisorClientOptions) {
    this.#options = options;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT_MS;
    this.stateDir = resolve(options.stateDir);
  }

  /**
   * A client whose supervisor answers.
   * @throws SupervisorError when it cannot be started, or is of another version
   */
  static async connect(options: SupervisorClientOptions): Promise<SupervisorClient> {
    const client = new SupervisorClient(options);
    await client.#connect();
    return client;
  }

  /**
   * Makes the state folder, or sees to it that it can be used.
   * @throws SupervisorError when it belongs to somebody else or cannot be written to
   */
  prepare(): Promise<void> {
    return prepareStateDir(this.stateDir);
  }

  /** Who answers, or `null` when no supervisor runs; starts none. */
  async running(): Promise<Greeting | null> {
    const found = await this.#find();
    found?.connection.close();
    return found?.greeting ?? null;
  }

  /** Whether a supervisor runs, or would have something to do if it did. */
  async needed(): Promise<boolean> {
    if (this.#connection !== null || (await this.running()) !== null) return true;
    const { readState } = await import('./state-file.ts');
    const state = await readState(this.stateDir);
    if (state === null) return false;
    return state.processes.length > 0 || state.router.services.some(({ backends }) => backends.length > 0);
  }

  /**
   * Calls a method of the supervisor, see `Methods`, and starts it if need be.
   * @throws OperationError when what was asked for failed, or the signal aborted
   * @throws FencedError when another controller has worked on the service under a later lease
   * @throws SupervisorError when there is no way to reach it
   */
  async call<M extends Method>(
    method: M,
    input: Input<M>,
    context: Partial<OperationContext> = {},
  ): Promise<Output<M>> {
    const answer = await this.#ask((connection) => connection.post(method, input, context));
    return answer as Output<M>;
  }

  /** Ends the supervisor, if one runs, and waits until it is gone. What it runs goes on unless told to stop. */
  async shutdown(options: { readonly stopProcesses: boolean }): Promise<void> {
    // Where processes are to be stopped, somebody has to do it, also when no supervisor runs at the moment.
    const wanted = options.stopProcesses ? await this.needed() : (await this.running()) !== null;
    if (!wanted) return;
    const { pid } = await this.#ask((connection) => connection.greet(this.#answerTimeoutMs));
    const identity = await identifyProcess(pid);
    await this.call('shutdown', options);
    this.close();
    if (identity !== null) await ended(pid, identity);
  }

  /** The log file of an instance, whether or not it runs or ever ran. */
  logPath({ service, target, release }: InstanceKey): string {
    return logPath(this.stateDir, service, target, release);
  }

  /** The last lines of an instance's log, oldest first. @param hide what nobody may see; default nothing */
  logTail(key: InstanceKey, lines: number, hide: Hide = hideNothing): Promise<string[]> {
    return tailLines(this.logPath(key), lines, { hide });
  }

  /** The lines of an instance's log as they are written, also over rotations and restarts. */
  followLog(key: InstanceKey, options: FollowOptions): AsyncGenerator<string, void, void> {
    return followLines(this.logPath(key), options);
  }

  /** Deletes the logs of a service on a target, but for those of the releases in `keep`. */
  pruneLogs(
    service: string,
    target: string,
    keep: ReadonlySet<string>,
    hidingOf?: (release: string) => Promise<Hide>,
  ): Promise<void> {
    return removeLogs(this.stateDir, service, target, keep, hidingOf);
  }

  /** Drops the connections; a later call makes new ones. */
  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Asks once more, another supervisor, when the one that was asked is gone. */
  async #ask<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    try {
      return await ask(connection);
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
    }
    this.#lose(connection);
    const next = await this.#connect();
    try {
      return await ask(next);
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
      this.#lose(next);
      throw new SupervisorError(`the supervisor went away while it was asked, twice: ${error.message}`, {
        cause: error,
        remedy: 'See supervisor.log in the state folder.',
      });
    }
  }

  async #connect(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection;
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = null;
    });
    return await this.#connecting;
  }

  async #open(): Promise<Connection> {
    let found = await this.#find();
    if (found === null) {
      const { command = builtSupervisor(), idleExitMs = null } = this.#options;
      const launched = { stateDir: this.stateDir, command, idleExitMs, timeoutMs: this.#answerTimeoutMs };
      await launch(launched, async () => {
        found = await this.#find();
        return found !== null;
      });
    }
    const { connection, greeting } = found as Found;
    assertSameProtocol(greeting);
    this.#connection = connection;
    return connection;
  }

  async #find(): Promise<Found | null> {
    const socket = await readSocketPath(this.stateDir);
    if (socket === null) return null;
    const connection = new Connection(socket);
    try {
      return { connection, greeting: await connection.greet(this.#answerTimeoutMs) };
    } catch (error) {
      connection.close();
      if (error instanceof LostError) return null;
      throw new SupervisorError(`the supervisor at ${socket} gives no answer: ${messageOf(error)}`, {
        cause: error,
        remedy: 'End it, with SIGKILL if need be: what it runs goes on, and the next one takes it over.',
      });
    }
  }

  /** The connection broke; forgets it unless another call has already made a new one. */
  #lose(connection: Connection): void {
    connection.close();
    if (this.#connection === connection) this.#connection = null;
  }
}

interface Found {
  readonly connection: Connection;
  readonly greeting: Greeting;
}

async function ended(pid: number, identity: string): Promise<void> {
  const deadline = performance.now() + SHUTDOWN_TIMEOUT_MS;
  for (;;) {
    const now = await identifyProcess(pid);
    if (now !== identity) return;
    if (performance.now() > deadline) {
      throw new SupervisorError(`the supervisor with pid ${pid} does not end`, {
        remedy: `End it with \`kill -9 ${pid}\`: what it runs goes on, and the next one takes it over.`,
      });
    }
    await sleep(LOOK_INTERVAL_MS);
  }
}

function assertSameProtocol({ protocol, pid }: Greeting): void {
  if (protocol === PROTOCOL) return;
  throw new SupervisorError(
    `the supervisor with pid ${pid} was started by another version of Sluice (it speaks ${protocol}, this one ${PROTOCOL})`,
    {
      remedy: `Use that version, or end the supervisor with \`kill ${pid}\`: what it runs goes on, and this version takes it over.`,
    },
  );
}
