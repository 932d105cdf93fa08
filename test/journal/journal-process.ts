/** A journal in a process of its own (`journal-child.ts`), to race, to limit and to kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { Journal } from '../../src/journal/journal.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');

export interface Call {
  readonly method: keyof Journal | 'open' | 'appendForever';
  readonly args: readonly unknown[];
}

/** What came of a call: its value, or code and message of its error. */
export interface Reply {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

export interface JournalProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /**
   * Calls a method of the journal; `open` with its file comes first. `appendForever`, with the arguments of
   * `append`, replies after each group. One call at a time.
   */
  call(method: Call['method'], ...args: readonly unknown[]): Promise<Reply>;
}

/** @param wrapper program and arguments that run the program that follows them: `['nice', '-n', '5']` */
export function startJournalProcess(wrapper: readonly string[] = []): JournalProcess {
  const program = join(import.meta.dirname, 'journal-child.ts');
  const node = [process.execPath, '--import', 'jiti/register', program] as const;
  const [command, ...args] = [...wrapper, ...node] as const;
  const child = spawn(command, args, {
    cwd: REPOSITORY,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  return {
    child,
    async call(method, ...args) {
      const replied = once(child, 'message');
      child.send({ method, args } satisfies Call);
      const ended = exited.then(([code, signal]) => {
        throw new Error(`the journal's process ended with ${code ?? signal}`);
      });
      const [reply] = (await Promise.race([replied, ended])) as [Reply];
      return reply;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
