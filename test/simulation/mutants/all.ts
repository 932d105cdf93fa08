import { AGAINST_AVAILABILITY } from './1-availability.ts';
import { AGAINST_THE_OLD } from './2-the-old-stays.ts';
import { AGAINST_ABORT } from './3-abort.ts';
import { AGAINST_RECOVERY } from './4-crashes.ts';
import { AGAINST_ONE_HAND } from './5-one-hand.ts';
import { AGAINST_BOUNDS } from './6-every-wait-ends.ts';
import { AGAINST_THE_TRUTH } from './7-the-truth-is-seen.ts';
import { AGAINST_THE_PLAN } from './8-the-plan-happens.ts';
import { AGAINST_EXPLAINING } from './9-it-explains-itself.ts';
import { AGAINST_REQUESTS } from './10-no-request-lost.ts';
import type { Mutant } from './mutant.ts';

/** Every mutant, promise by promise. */
export const MUTANTS: readonly Mutant[] = [
  ...AGAINST_AVAILABILITY,
  ...AGAINST_THE_OLD,
  ...AGAINST_ABORT,
  ...AGAINST_RECOVERY,
  ...AGAINST_ONE_HAND,
  ...AGAINST_BOUNDS,
  ...AGAINST_THE_TRUTH,
  ...AGAINST_THE_PLAN,
  ...AGAINST_EXPLAINING,
  ...AGAINST_REQUESTS,
];
