import { CONDITIONS, type Condition, conditionMark } from '../../../src/words/fleet.ts';
import { UNCOLORED } from '../../../src/words/paint.ts';

/** The symbols of the command line: colour is never all that tells one from another. */
export const CONDITION_MARKS = Object.fromEntries(
  CONDITIONS.map((condition) => [condition, conditionMark(condition, UNCOLORED)]),
) as Readonly<Record<Condition, string>>;
