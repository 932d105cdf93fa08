/** The paint for a terminal: colours where it shows them, symbols that it has. */
import picocolors from 'picocolors';
import { ASCII, type Paint, UNICODE } from '../../words/paint.ts';

/**
 * @param look.color false: no escape sequence is ever printed
 * @param look.unicode false: symbols of ASCII only. Default true
 */
export function paintFor(look: { readonly color: boolean; readonly unicode?: boolean }): Paint {
  const colors = picocolors.createColors(look.color);
  return {
    good: colors.green,
    bad: colors.red,
    waiting: colors.yellow,
    hint: colors.cyan,
    strong: colors.bold,
    dim: colors.dim,
    symbols: (look.unicode ?? true) ? UNICODE : ASCII,
  };
}

/** What decides how output looks. */
export interface OutputSurroundings {
  /** Whether the stream that is printed to is a terminal. */
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False for `--no-color`. Default true. */
  readonly color?: boolean;
}

/**
 * The paint for a stream. `--no-color` and NO_COLOR always win; FORCE_COLOR colours also what is not a
 * terminal, or a terminal that says it is dumb.
 */
export function paintForOutput({ isTTY, env, color = true }: OutputSurroundings): Paint {
  const isForced = !['', '0', 'false'].includes(env.FORCE_COLOR ?? '');
  const isRefused = !color || (env.NO_COLOR ?? '') !== '';
  const isColored = isForced || (isTTY && env.TERM !== 'dumb');
  return paintFor({ color: isColored && !isRefused, unicode: speaksUnicode(env) });
}

/** By the locale, as C programs tell it. The text console of Linux says UTF-8 but lacks most of the symbols. */
function speaksUnicode(env: OutputSurroundings['env']): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value) ?? '';
  return /utf-?8/i.test(locale) && env.TERM !== 'linux';
}
