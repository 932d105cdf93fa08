/**
 * How things look: colours with a meaning instead of a name, and symbols with a plain fallback. Everything
 * that prints is handed a `Paint`, so that a terminal, a pipe and a test differ in nothing else.
 */
import picocolors from 'picocolors';

type Style = (text: string) => string;

export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly back: string;
  readonly todo: string;
  readonly paused: string;
  readonly attention: string;
  readonly arrow: string;
  readonly ellipsis: string;
  /** Between two remarks on one line, with a space on both sides. */
  readonly separator: string;
  /** Before each line that is quoted. */
  readonly quote: string;
  readonly barFull: string;
  readonly barRest: string;
  /** One mark a target: on the new release, on the old, on its way, on none. */
  readonly onNew: string;
  readonly onOld: string;
  readonly moving: string;
  readonly none: string;
  readonly spinner: readonly string[];
}

export interface Paint {
  readonly good: Style;
  readonly bad: Style;
  /** Under way, waiting, or in need of a person. */
  readonly waiting: Style;
  /** What a person can type or open. */
  readonly hint: Style;
  readonly strong: Style;
  readonly dim: Style;
  readonly symbols: Symbols;
}

const UNICODE: Symbols = {
  done: '✓',
  failed: '✗',
  back: '↩',
  todo: '·',
  paused: '‖',
  attention: '!',
  arrow: '→',
  ellipsis: '…',
  separator: '·',
  quote: '│',
  barFull: '━',
  barRest: '─',
  onNew: '■',
  onOld: '□',
  moving: '▣',
  none: '·',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

const ASCII: Symbols = {
  done: '+',
  failed: 'x',
  back: '<',
  todo: '.',
  paused: '=',
  attention: '!',
  arrow: '->',
  ellipsis: '...',
  separator: '-',
  quote: '|',
  barFull: '#',
  barRest: '-',
  onNew: '#',
  onOld: 'o',
  moving: '*',
  none: '.',
  spinner: ['|', '/', '-', '\\'],
};

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
