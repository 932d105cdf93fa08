/**
 * The program of a test build: simulates the seeds that it is told on its standard input, and tells of each
 * which promises it broke, a line of JSON a seed. It is ended from outside as soon as enough is known.
 */
import { text } from 'node:stream/consumers';
import { GROUNDS } from './grounds.ts';
import type { HuntingGround } from './mutant.ts';

/** What the hunter is told. */
export interface Orders {
  readonly seeds: readonly number[];
  readonly under: HuntingGround;
}

/** What it tells of a seed. */
export interface Finding {
  readonly seed: number;
  readonly deployments: number;
  /** Each begins with `promise N, what was to be true: `. */
  readonly violations: readonly string[];
}

/** Simulations under way at once: they share the turns of the event loop that each of them waits for. */
const AT_ONCE = 16;

async function find(seed: number, under: HuntingGround): Promise<Finding> {
  const stories = await GROUNDS[under](seed);
  const violations = [...new Set(stories.flatMap((story) => story.violations))];
  return { seed, deployments: stories.length, violations };
}

const { seeds, under } = JSON.parse(await text(process.stdin)) as Orders;
// The first one alone: it may be known to be enough.
for (let first = 0; first < seeds.length; ) {
  const some = seeds.slice(first, first + (first === 0 || under === 'crashes' ? 1 : AT_ONCE));
  first += some.length;
  const findings = await Promise.all(some.map((seed) => find(seed, under)));
  process.stdout.write(findings.map((finding) => `${JSON.stringify(finding)}\n`).join(''));
}
