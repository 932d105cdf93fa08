/** A terminal with a shell in it, for tests that do what a person does at a keyboard. Needs tmux. */
import { join } from 'node:path';
import { runProcess } from '../support/run-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { ENVIRONMENT, type HelloProject } from './hello-project.ts';

const TIMEOUT_MS = 20_000;
const LOOK_INTERVAL_MS = 50;

export class Terminal implements AsyncDisposable {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Of 24 rows, in the folder of the project; the prompt is the exit code of the command before. */
  static async open(project: HelloProject, columns = 100): Promise<Terminal> {
    const terminal = new Terminal(join(project.dir, 'tmux.sock'));
    const size = ['-x', String(columns), '-y', '24'];
    await terminal.#run('new-session', '-d', ...size, '-c', project.dir, `env PS1='[$?] ' sh`);
    await terminal.prompt();
    return terminal;
  }

  /** Types a line, and the return key once the line is on the screen: from then on the prompt before it is gone. */
  async type(line: string): Promise<void> {
    await this.#run('send-keys', '-l', line);
    await waitFor('what was typed', async () => (await this.lines()).at(-1)?.endsWith(` ${line}`), {
      timeoutMs: TIMEOUT_MS,
      intervalMs: LOOK_INTERVAL_MS,
    });
    await this.#run('send-keys', 'Enter');
  }

  async pressCtrlC(): Promise<void> {
    await this.#run('send-keys', 'C-c');
  }

  /** The lines that stand on the screen, as soon as one of them fits. */
  async showing(wanted: RegExp): Promise<string[]> {
    return waitFor(
      `a line like ${wanted}`,
      async () => {
        const lines = await this.lines();
        return lines.some((line) => wanted.test(line)) && lines;
      },
      { timeoutMs: TIMEOUT_MS, intervalMs: LOOK_INTERVAL_MS },
    );
  }

  /** The lines that stand on the screen once the shell waits for the next command, such as `[0]` as the last. */
  async prompt(): Promise<string[]> {
    return waitFor(
      'the prompt',
      async () => {
        const lines = await this.lines();
        return /^\[\d+\]$/.test(lines.at(-1) ?? '') && lines;
      },
      { timeoutMs: TIMEOUT_MS, intervalMs: LOOK_INTERVAL_MS },
    );
  }

  async lines(): Promise<string[]> {
    return (await this.#run('capture-pane', '-p')).trimEnd().split('\n');
  }

  /** What stands on the screen with its colours, as escape sequences. */
  colours(): Promise<string> {
    return this.#run('capture-pane', '-p', '-e');
  }

  async hasCursor(): Promise<boolean> {
    return (await this.#run('display-message', '-p', '#{cursor_flag}')).trim() === '1';
  }

  async #run(...words: string[]): Promise<string> {
    const argv = ['tmux', '-S', this.#socket, '-f', '/dev/null', ...words];
    const { exitCode, stdout, stderr } = await runProcess(argv, { env: ENVIRONMENT });
    if (exitCode !== 0) throw new Error(`tmux ${words[0]}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run('kill-server').catch(() => {});
  }
}
