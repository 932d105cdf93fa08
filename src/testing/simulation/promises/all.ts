/** Every promise of the design, with what is asked of a simulation because of it. */
import type { Promised } from '../invariants.ts';
import { AVAILABILITY } from './1-availability.ts';
import { THE_OLD_STAYS } from './2-the-old-stays.ts';
import { ABORT } from './3-abort.ts';
import { CRASHES } from './4-crashes.ts';
import { ONE_HAND } from './5-one-hand.ts';
import { EVERY_WAIT_ENDS } from './6-every-wait-ends.ts';
import { THE_TRUTH_IS_SEEN } from './7-the-truth-is-seen.ts';
import { THE_PLAN_HAPPENS } from './8-the-plan-happens.ts';
import { IT_EXPLAINS_ITSELF } from './9-it-explains-itself.ts';
import { NO_REQUEST_LOST } from './10-no-request-lost.ts';

export const PROMISES: readonly Promised[] = [
  AVAILABILITY,
  THE_OLD_STAYS,
  ABORT,
  CRASHES,
  ONE_HAND,
  EVERY_WAIT_ENDS,
  THE_TRUTH_IS_SEEN,
  THE_PLAN_HAPPENS,
  IT_EXPLAINS_ITSELF,
  NO_REQUEST_LOST,
];
