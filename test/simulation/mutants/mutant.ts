/**
 * A mutant: one deliberate fault in the core. The simulator has to find it; a fault that it does not find is a
 * promise that nobody checks. Mutants are data: each is applied in a build of its own, never in `src/`.
 */
export interface Mutant extends Edit {
  readonly name: string;
  /** The promise that it breaks. */
  readonly promise: number;
  /** What is broken, in words for a person. */
  readonly says: string;
  /**
   * Another promise under which it may be caught, where its own cannot be told apart from it, and why.
   */
  readonly neighbour?: { readonly promise: number; readonly because: string };
  /** What it is hunted under; default `disasters`. */
  readonly under?: HuntingGround;
  /** Further edits, where one fault alone is made good by another part of the core. */
  readonly and?: readonly Edit[];
}

/**
 * - `disasters`: whatever the seed draws, as in `npm run simulate`.
 * - `crashes`: a calm deployment, killed at each of its writes to the journal in turn.
 * - `takeovers`: a calm deployment whose controller stands still until another one has taken over.
 * - `pauses`: a calm deployment that somebody pauses and resumes, and whose gates nobody answers.
 * - `second thoughts`: a calm deployment that is promoted in full and then aborted, paused and resumed at once.
 * - `sick olds`: a calm deployment under which what ran before falls ill, and which is then aborted.
 */
export type HuntingGround =
  | 'disasters'
  | 'crashes'
  | 'takeovers'
  | 'pauses'
  | 'second thoughts'
  | 'sick olds'
  | 'sick olds, left';

export interface Edit {
  /** Under `src/`. */
  readonly file: string;
  /** Text of the file: it has to be there exactly once, so that a mutant cannot go stale unseen. */
  readonly find: string;
  readonly replace: string;
}
