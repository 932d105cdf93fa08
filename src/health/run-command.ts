import { type ChildProcess, spawn } from 'node:child_process';
import { onAbort } from './health-clock.ts';
import { excerpt } from './text.ts';

export interface CommandEnd {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and error as they came, the first 64 KiB. */
  readonly output: string;
  readonly tookMs: number;
}

interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Default: the current folder. */
  readonly cwd?: string;
  readonly signal: AbortSignal;
}

const MAX_OUTPUT_BYTES = 64 * 1024;

/** How long output is awaited after the end of the command: something that left its group may hold it open. */
const OUTPUT_GRACE_MS = 100;

/**
 * Runs a program in a process group of its own, with nothing to read; what is left of the group when it ends,
 * or when the signal is aborted, is killed. Rejects when it cannot be started, and when it was aborted.
 */
export function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  const { env, cwd, signal } = options;
  const [program = '', ...args] = command;
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = collectOutput(child);

    const stopListening = onAbort(signal, () => {
      killGroup(child);
      closeOutput(child);
      const said = output().trim() === '' ? '' : `, its output: ${excerpt(output(), 'end')}`;
      reject(new Error(`${program} was still running${said}`));
    });
    child.on('error', (error) => {
      stopListening();
      reject(error);
    });
    child.once('exit', (exitCode, endedBy) => {
      stopListening();
      killGroup(child);
      const tookMs = performance.now() - startedAt;
      const finish = () => {
        clearTimeout(grace);
        closeOutput(child);
        resolve({ exitCode, signal: endedBy, output: output(), tookMs });
      };
      const grace = setTimeout(finish, OUTPUT_GRACE_MS);
      child.once('close', finish);
    });
  });
}

/** Collects what the child prints, up to the bound; the rest is read and dropped. Unstarted, it has no streams. */
function collectOutput(child: ChildProcess): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const collect = (chunk: Buffer) => {
    if (bytes < MAX_OUTPUT_BYTES) chunks.push(chunk.subarray(0, MAX_OUTPUT_BYTES - bytes));
    bytes += chunk.length;
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return () => Buffer.concat(chunks).toString('utf8');
}

function closeOutput(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Kills what is left of the child's group: mostly nothing is, and what may not be killed is not ours to kill. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {}
}
