import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProcessOptions {
  readonly cwd?: string;
  /** Added to this process's own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to its standard input, which is empty without it. */
  readonly input?: string;
  /** SIGKILL after this time. Default 30000. */
  readonly timeoutMs?: number;
}

export interface ProcessResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<ProcessResult>;
  kill(signal: NodeJS.Signals): void;
  /** Reads no more of its output: from now on it writes into broken pipes. */
  closeOutput(): void;
}

/** Runs a program to its end. A failure of the program is a result, not a throw. */
export async function runProcess(
  argv: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  await using started = startProcess(argv, options);
  return await started.ended;
}

/** Starts a program; `await using` kills it, with SIGKILL, when it has not ended by then. */
export function startProcess(argv: readonly string[], options: ProcessOptions = {}): StartedProcess {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('no program to start');
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A program that ends without reading its input breaks the pipe: that is not the test's affair.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');

  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));

  const closeOutput = () => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const end = () => {
    child.kill('SIGKILL');
    // Something that it started and left behind may hold its output open.
    closeOutput();
  };
  const timer = setTimeout(end, options.timeoutMs ?? 30_000);
  const ended = endOf(child, output).finally(() => clearTimeout(timer));
  // Whoever waits for the end sees the rejection of a program that could not be started.
  ended.catch(() => {});

  return {
    get pid() {
      if (child.pid === undefined) throw new Error(`${program} could not be started`);
      return child.pid;
    },
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    ended,
    kill: (signal) => void child.kill(signal),
    closeOutput,
    async [Symbol.asyncDispose]() {
      end();
      await ended.catch(() => {});
    },
  };
}

async function endOf(
  child: ChildProcess,
  output: Pick<ProcessResult, 'stdout' | 'stderr'>,
): Promise<ProcessResult> {
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { exitCode, signal, ...output };
}
