/**
 * How things look: colours with a meaning instead of a name, and symbols with a plain fallback. Everything that is put into
 * words is handed a `Paint`, so that a terminal, a pipe, a page and a test differ in nothing else.
 */
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

export const UNICODE: Symbols = {
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

/** For terminals that know no other. */
export const ASCII: Symbols = {
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

const asItIs: Style = (text) => text;

/** No colours: for what shows them in a way of its own. */
export const UNCOLORED: Paint = {
  good: asItIs,
  bad: asItIs,
  waiting: asItIs,
  hint: asItIs,
  strong: asItIs,
  dim: asItIs,
  symbols: UNICODE,
};
