/**
 * `npm run simulate -- --seeds N [--seed S]`: simulates the deployments of N seeds from S on (default: 1,000
 * from 1), and tells how many there were a second and what was put in their way. With `--seed S` alone it tells
 * the whole story of that seed. A broken promise is told with its story and the command that replays it, and
 * ends with exit code 1.
 */
import { parseArgs } from 'node:util';
import { simulate, simulateEveryCrash } from './simulation/simulate.ts';
import { type Story, tell } from './simulation/story.ts';

/** Simulations under way at once: they share the turns of the event loop that each of them waits for. */
const AT_ONCE = 64;
/** Every so many seeds, and for a seed alone, the calm deployment is also killed at each of its writes. */
const SEEDS_A_CRASH_SWEEP = 250;
const DEFAULT_SEEDS = 1_000;
/** Stories of broken promises that are told in full. */
const STORIES_TOLD = 3;
const PROGRESS_MS = 2_000;

interface Tally {
  readonly outcomes: Map<string, number>;
  readonly faults: Map<string, number>;
  readonly broken: Map<number, Story>;
  deployments: number;
}

async function main(): Promise<void> {
  const { from, count } = readArguments();
  const tally: Tally = { outcomes: new Map(), faults: new Map(), broken: new Map(), deployments: 0 };
  const startedAt = performance.now();
  let toldAt = startedAt;
  const sweeps: number[] = [];
  for (let first = from; first < from + count; first += AT_ONCE) {
    const seeds = Array.from(
      { length: Math.min(AT_ONCE, from + count - first) },
      (_, index) => first + index,
    );
    for (const seed of seeds) if (count === 1 || seed % SEEDS_A_CRASH_SWEEP === 0) sweeps.push(seed);
    for (const story of await Promise.all(seeds.map((seed) => simulate(seed)))) note(tally, story);
    if (performance.now() - toldAt < PROGRESS_MS) continue;
    toldAt = performance.now();
    say(`${tally.deployments} deployments, ${tally.broken.size} with a broken promise`);
  }
  for (const seed of sweeps) for (const story of await simulateEveryCrash(seed)) note(tally, story);
  if (count === 1) say(tell(await simulate(from)));
  report(tally, performance.now() - startedAt);
  process.exitCode = tally.broken.size === 0 ? 0 : 1;
}

function readArguments(): { from: number; count: number } {
  const options = { seeds: { type: 'string' }, seed: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  const alone = values.seed !== undefined && values.seeds === undefined;
  return {
    from: wholeNumber('--seed', values.seed ?? '1'),
    count: alone ? 1 : wholeNumber('--seeds', values.seeds ?? String(DEFAULT_SEEDS)),
  };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${option} ${text} is not a whole number`);
}

function note(tally: Tally, story: Story): void {
  // Each that has ended was followed by the next deployment of its service.
  tally.deployments += story.outcome === null ? 1 : 2;
  add(tally.outcomes, story.outcome ?? 'never ended', 1);
  for (const [fault, times] of story.faults) add(tally.faults, fault, times);
  if (story.violations.length > 0) tally.broken.set(story.seed, story);
}

function add(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}

function report(tally: Tally, tookMs: number): void {
  const perSecond = Math.round((tally.deployments * 1_000) / tookMs);
  say(`${tally.deployments} deployments in ${(tookMs / 1_000).toFixed(1)} s: ${perSecond} a second`);
  say(`ended: ${listed(tally.outcomes)}`);
  say(`put in their way: ${listed(tally.faults)}`);
  for (const story of [...tally.broken.values()].slice(0, STORIES_TOLD)) say(`\n${tell(story)}`);
  for (const seed of tally.broken.keys()) say(`broken: npm run simulate -- --seed ${seed}`);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
