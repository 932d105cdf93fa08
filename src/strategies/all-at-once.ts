import { everythingAtOnce, type Strategy } from './strategy.ts';

/** Every target in one batch: the fastest, and the one with the most at stake. */
export function allAtOnceSteps(): Strategy {
  return { name: 'allAtOnce', options: {}, steps: everythingAtOnce };
}
