import type { Path, Position, Problem } from './problem.ts';

/** Deeper than any config, and far from where recursion over it would run out of stack. */
export const MAX_DEPTH = 64;

/** More values than any config has. What is used in several places is counted each time. */
export const MAX_VALUES = 20_000;

/** A config as it was read, before it is checked. */
export interface Source {
  /** Plain data without cycles and without a key `__proto__`. */
  readonly value: unknown;
  /** What is wrong with how it is written, though it can be read: a key given twice. */
  readonly problems: readonly Problem[];
  /** Where a value, or its key, is in the file: the nearest thing around it when it is not there itself. */
  readonly locate: (path: Path, at: Problem['at']) => Position | null;
}
