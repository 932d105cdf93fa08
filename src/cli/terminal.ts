import { once } from 'node:events';
import { isatty } from 'node:tty';
import type { Paint } from '../words/paint.ts';
import { paintForOutput } from './render/paint.ts';
import { tame, tameJson } from './render/text.ts';

/** Where a command prints: text for people or JSON for programs on standard output, remarks on standard error. */
export interface Terminal {
  /** Print JSON instead of text. */
  readonly json: boolean;
  /** A person looks at standard output: a live view makes sense. */
  readonly live: boolean;
  readonly paint: Paint;
  readonly columns: number;
  readonly rows: number;
  /** Aborts when nobody reads standard output any more: its pipe or its terminal was closed. */
  readonly closed: AbortSignal;
  print(lines: string | readonly string[]): void;
  printJson(value: unknown): void;
  /** Prints as it is, and waits until the reader has room for more. */
  write(text: string): Promise<void>;
  /** A remark that is not the result: goes to standard error. */
  remark(line: string): void;
}

/** On anything smaller there is nothing to see; a terminal of 0 rows, as some runners make, shows nothing at all. */
function canShowScreen({ isTTY, columns, rows }: NodeJS.WriteStream): boolean {
  return isTTY && rows >= 4 && columns >= 20;
}

/** The real terminal. NO_COLOR, FORCE_COLOR, `--no-color`, TERM=dumb and CI are respected. */
export function openTerminal(options: { readonly json: boolean; readonly color: boolean }): Terminal {
  const { stdout, stderr, env } = process;
  const isTTY = isatty(stdout.fd);
  const closing = new AbortController();
  // What can no longer be printed is no reason to end: least of all in the middle of a rollout.
  stdout.on('error', () => closing.abort());
  stderr.on('error', () => {});
  const quiet = options.json || env.CI !== undefined || env.TERM === 'dumb';
  return {
    json: options.json,
    live: !quiet && canShowScreen(stdout),
    paint: paintForOutput({ isTTY, env, color: options.color }),
    get columns() {
      return stdout.columns ?? 100;
    },
    get rows() {
      return stdout.rows ?? 40;
    },
    closed: closing.signal,
    print(lines) {
      stdout.write(`${tame(typeof lines === 'string' ? lines : lines.join('\n'))}\n`);
    },
    printJson(value) {
      stdout.write(`${tameJson(JSON.stringify(value, null, 2))}\n`);
    },
    async write(text) {
      if (stdout.write(text) || closing.signal.aborted) return;
      await once(stdout, 'drain', { signal: closing.signal }).catch(() => {});
    },
    remark(line) {
      stderr.write(`${tame(line)}\n`);
    },
  };
}
