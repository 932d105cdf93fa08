/**
 * One connection to a host: the process that carries it (ssh, or a plain `sh` in a test), and the session that it
 * runs there. Runs one script at a time.
 *
 * States: logging in (until the host says hello), idle, running, ended. It ends when the process does; a cancelled
 * script ends it too, since its end is what tells the host to kill the script.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError, OperationError } from '../../errors.ts';
import { type Marked, MarkedOutput } from './marked-output.ts';
import type { RemoteResult, RunOptions } from './remote-shell.ts';
import { HELLO, INPUT_IS_WHOLE, OPENING, scriptFrame } from './session-script.ts';
import { connectionLost } from './ssh-failure.ts';

/** The host did not let us in: nothing ran there. */
export class LoginFailure extends Error {
  /** What ssh said. */
  readonly said: string;
  constructor(said: string) {
    super(said);
    this.said = said;
  }
}

/** How long a host has to say that a cancelled script is dead, before the connection is cut. */
const CANCEL_MS = 5_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const MOST_SAID_BYTES = 64 * 1024;

interface Running {
  readonly stdout: MarkedOutput;
  readonly stderr: MarkedOutput;
  output?: Marked;
  errors?: Marked;
  /** Called when something came to its end. */
  readonly settle: (outcome: RemoteResult | Error) => void;
}

export class Connection {
  /** Resolves when the process has ended, which it does not without a reason. */
  readonly ended: Promise<void>;
  readonly #host: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ownWords: () => string;
  readonly #greeted: Promise<boolean>;
  #greet: (greeted: boolean) => void = () => {};
  #greeting = '';
  #isGreeted = false;
  #isEnded = false;
  #said = '';
  #running: Running | null = null;

  /** @param ownWords what ssh itself has said, apart from what the host printed */
  constructor(host: string, child: ChildProcessWithoutNullStreams, ownWords: () => string) {
    this.#host = host;
    this.#child = child;
    this.#ownWords = ownWords;
    this.#greeted = new Promise((resolve) => {
      this.#greet = resolve;
    });
    child.stdout.on('data', (chunk: Buffer) => this.#takeOutput(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#takeErrors(chunk));
    // A process that has gone breaks the pipe; its end tells why.
    child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#hear(error.message);
        this.#end(null);
        resolve();
      });
      child.once('close', (exitCode) => {
        this.#end(exitCode);
        resolve();
      });
    });
    child.stdin.write(OPENING);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether the host let us in; settles once that is known. */
  get greeted(): Promise<boolean> {
    return this.#greeted;
  }

  /** @throws LoginFailure, OperationError, the signal's reason */
  async run(script: string, { signal, input, inputBytes }: RunOptions): Promise<RemoteResult> {
    signal.throwIfAborted();
    const bytes =
      input instanceof Uint8Array ? input.byteLength : input === undefined ? 0 : (inputBytes ?? 0);
    if (input !== undefined && !(input instanceof Uint8Array) && inputBytes === undefined) {
      throw new InvalidInputError('an input that comes in pieces needs its inputBytes');
    }
    const token = randomUUID();
    const framed = scriptFrame(token, script, bytes);
    const outcome = new Promise<RemoteResult | Error>((settle) => {
      this.#running = { stdout: new MarkedOutput(token), stderr: new MarkedOutput(token), settle };
    });
    const cancel = () => this.#running?.settle(asError(signal.reason));
    signal.addEventListener('abort', cancel, { once: true });
    try {
      // At once: the host reads it as soon as it has let us in.
      this.#child.stdin.write(framed);
      if (this.#isEnded) this.#end(null);
      if (input !== undefined && bytes > 0) {
        this.#send(input, bytes).catch((error: unknown) => this.#running?.settle(asError(error)));
      }
      const result = await outcome;
      if (!(result instanceof Error)) return result;
      await this.close();
      throw result;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#running = null;
    }
  }

  /** Ends the session, and with it what runs in it; resolves when the process has ended. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const over = new AbortController();
    const timer = sleep(CANCEL_MS, undefined, { signal: over.signal }).then(
      () => this.kill(''),
      () => {},
    );
    await this.ended;
    over.abort();
    await timer;
  }

  /** Cuts the connection. @param why is added to what ssh said */
  kill(why: string): void {
    this.#hear(why);
    this.#child.kill('SIGKILL');
    // Somebody on the way, such as a proxy command, may hold the pipes open.
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  async #send(input: Uint8Array | AsyncIterable<Uint8Array>, bytes: number): Promise<void> {
    // Until then the input may be needed for another try to log in.
    if (!(await this.#greeted)) return;
    let sent = 0;
    for await (const chunk of input instanceof Uint8Array ? [input] : input) {
      if (this.#isEnded || this.#running === null) return;
      sent += chunk.byteLength;
      if (sent > bytes) break;
      await Promise.race([this.#written(chunk), this.ended]);
    }
    if (sent !== bytes) {
      throw new InvalidInputError(`the input of a script has not the ${bytes} bytes that were announced`);
    }
    this.#child.stdin.write(INPUT_IS_WHOLE);
  }

  /** Once it is, its memory is for the next one. A pipe that broke says so by its end. */
  #written(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#child.stdin.write(chunk, () => resolve());
    });
  }

  #takeOutput(chunk: Buffer): void {
    if (this.#isGreeted) {
      this.#takeMarked('stdout', chunk);
      return;
    }
    this.#greeting += chunk.toString('latin1');
    const at = this.#greeting.indexOf(HELLO);
    if (at < 0) {
      this.#greeting = this.#greeting.slice(-MOST_SAID_BYTES);
      return;
    }
    const rest = Buffer.from(this.#greeting.slice(at + HELLO.length), 'latin1');
    this.#greeting = '';
    this.#isGreeted = true;
    this.#greet(true);
    if (rest.length > 0) this.#takeMarked('stdout', rest);
  }

  #takeErrors(chunk: Buffer): void {
    if (this.#running === null) this.#hear(chunk.toString());
    else this.#takeMarked('stderr', chunk);
  }

  #takeMarked(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const running = this.#running;
    if (running === null) return;
    const marked = running[stream].take(chunk);
    if (marked !== null && stream === 'stdout') running.output = marked;
    if (marked !== null && stream === 'stderr') running.errors = marked;
    if (running.output !== undefined && running.errors !== undefined) {
      running.settle(resultOf(running.output, running.errors));
    } else if (running[stream].bytes > MOST_OUTPUT_BYTES) {
      running.settle(
        new OperationError(`a script on ${this.#host} printed more than ${MOST_OUTPUT_BYTES} bytes`, {
          remedy: 'Let it print less, such as the last lines.',
          retryable: false,
        }),
      );
    }
  }

  #hear(words: string): void {
    if (words !== '') this.#said = `${this.#said}${words}\n`.slice(-MOST_SAID_BYTES);
  }

  #end(exitCode: number | null): void {
    this.#isEnded = true;
    this.#greet(this.#isGreeted);
    const running = this.#running;
    if (running === null) return;
    // Before the script began, the outputs carry the words of ssh, a jump host and a login shell.
    const early = `${this.#greeting}\n${running.stderr.before.toString()}`;
    const said = `${early}\n${this.#ownWords()}\n${this.#said}`;
    if (!this.#isGreeted) running.settle(new LoginFailure(said));
    else running.settle(killedResult(running, exitCode) ?? connectionLost(this.#host, said));
  }
}

/** Of a script that took its own session down: a signal to its whole group, or to `$$`. */
function killedResult({ stdout, stderr }: Running, exitCode: number | null): RemoteResult | null {
  const signal = exitCode === null ? null : signalOf(exitCode - 128);
  if (signal === null) return null;
  const [output, errors] = [stdout.unfinished.toString(), stderr.unfinished.toString()];
  return { exitCode: null, signal, stdout: output, stderr: errors };
}

function resultOf(output: Marked, errors: Marked): RemoteResult {
  const [code = '', signal = ''] = output.end.split(' ');
  return {
    exitCode: signal === '' ? Number(code) : null,
    signal: signal === '' ? null : `SIG${signal}`,
    stdout: output.output.toString(),
    stderr: errors.output.toString(),
  };
}

function signalOf(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('cancelled', { cause: thrown });
}
