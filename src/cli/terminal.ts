import { type Paint, paintForOutput } from './render/paint.ts';

/** Where a command prints: text for people or JSON for programs on standard output, remarks on standard error. */
export interface Terminal {
  /** Print JSON instead of text. */
  readonly json: boolean;
  /** A person looks at standard output: a live view makes sense. */
  readonly live: boolean;
  readonly paint: Paint;
  readonly columns: number;
  readonly rows: number;
  print(lines: string | readonly string[]): void;
  printJson(value: unknown): void;
  /** A remark that is not the result: goes to standard error. */
  remark(line: string): void;
}

/** The real terminal. NO_COLOR, FORCE_COLOR, `--no-color`, TERM=dumb and CI are respected. */
export function openTerminal(options: { readonly json: boolean; readonly color: boolean }): Terminal {
  const { stdout, stderr, env } = process;
  const { isTTY } = stdout;
  const live =
    isTTY && env.TERM !== 'dumb' && env.CI === undefined && !options.json && (stdout.rows ?? 0) > 0;
  return {
    json: options.json,
    live,
    paint: paintForOutput({ isTTY, env, color: options.color }),
    get columns() {
      return stdout.columns ?? 100;
    },
    get rows() {
      return stdout.rows ?? 40;
    },
    print(lines) {
      stdout.write(`${typeof lines === 'string' ? lines : lines.join('\n')}\n`);
    },
    printJson(value) {
      stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    remark(line) {
      stderr.write(`${line}\n`);
    },
  };
}
