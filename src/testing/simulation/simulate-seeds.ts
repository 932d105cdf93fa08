import { simulate, simulateEveryCrash } from './simulate.ts';
import { addStory, emptyTally, type Tally } from './tally.ts';

/** Simulations under way at once: they share the turns of the event loop that each of them waits for. */
const AT_ONCE = 64;

/** Seeds from `first` on. */
export interface Block {
  readonly first: number;
  readonly count: number;
}

/**
 * Simulates the deployments of these seeds; the calm one of the first seed is also killed at each of its writes
 * and effects.
 */
export async function simulateSeeds({ first, count }: Block): Promise<Tally> {
  const tally = emptyTally();
  for (let from = first; from < first + count; from += AT_ONCE) {
    const seeds = Array.from({ length: Math.min(AT_ONCE, first + count - from) }, (_, index) => from + index);
    for (const story of await Promise.all(seeds.map((seed) => simulate(seed)))) addStory(tally, story);
  }
  for (const story of await simulateEveryCrash(first)) addStory(tally, story);
  tally.seeds = count;
  return tally;
}
