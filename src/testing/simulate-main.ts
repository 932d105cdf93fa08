/**
 * `npm run simulate -- --seeds N [--seed S]`: simulates the deployments of N seeds from S on (default: 1,000
 * from 1) on every core, and tells how many there were a second and what was put in their way. With `--seed S`
 * alone it tells the whole story of that seed. Of a broken promise it tells the story with as little in its way as
 * breaks it, and the command that replays it, and ends with exit code 1.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { shrink } from './simulation/shrink.ts';
import { simulate } from './simulation/simulate.ts';
import { type Block, simulateSeeds } from './simulation/simulate-seeds.ts';
import { tell } from './simulation/story.ts';
import { addTally, emptyTally, type Tally } from './simulation/tally.ts';

const BLOCK = 250;
const DEFAULT_SEEDS = 1_000;
/** Stories of broken promises that are told. */
const STORIES_TOLD = 3;
const PROGRESS_MS = 5_000;

interface Request {
  readonly from: number;
  readonly count: number;
  /** Only this one seed, with its story. */
  readonly alone: boolean;
}

async function main(): Promise<void> {
  const { from, count, alone } = readArguments();
  const startedAt = performance.now();
  if (alone) say(tell(await simulate(from)));
  const tally = alone ? await simulateSeeds({ first: from, count: 1 }) : await simulateAll(from, count);
  report(tally, performance.now() - startedAt);
  for (const seed of [...tally.broken.keys()].slice(0, STORIES_TOLD)) await tellSmallest(seed);
  tellBroken(tally);
  process.exitCode = tally.broken.size === 0 ? 0 : 1;
}

function readArguments(): Request {
  const options = { seeds: { type: 'string' }, seed: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  return {
    from: wholeNumber('--seed', values.seed ?? '1'),
    count: wholeNumber('--seeds', values.seeds ?? String(DEFAULT_SEEDS)),
    alone: values.seed !== undefined && values.seeds === undefined,
  };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${option} ${text} is not a whole number`);
}

/** All seeds, a thread a core, each with a block of them at a time. */
async function simulateAll(from: number, count: number): Promise<Tally> {
  const tally = emptyTally();
  const blocks = blocksOf(from, count);
  const startedAt = performance.now();
  const progress = setInterval(() => {
    const { seeds, deployments, broken } = tally;
    const rate = perSecond(deployments, performance.now() - startedAt);
    say(
      `${seeds} of ${count} seeds, ${deployments} deployments, ${rate} a second, ${broken.size} with a broken promise`,
    );
  }, PROGRESS_MS);
  const threads = Math.min(availableParallelism(), Math.ceil(count / BLOCK));
  const each = Array.from({ length: threads }, () =>
    workThrough(blocks, (done) => {
      addTally(tally, done);
      tellBroken(done);
    }),
  );
  await Promise.all(each).finally(() => clearInterval(progress));
  return tally;
}

function* blocksOf(from: number, count: number): Generator<Block, undefined> {
  for (let first = from; first < from + count; first += BLOCK) {
    yield { first, count: Math.min(BLOCK, from + count - first) };
  }
}

/** One thread, until there are no blocks left. */
async function workThrough(
  blocks: Generator<Block, undefined>,
  onDone: (tally: Tally) => void,
): Promise<void> {
  const worker = new Worker(new URL('./simulate-worker.js', import.meta.url));
  try {
    await new Promise<void>((resolve, reject) => {
      const next = (): void => {
        const { value } = blocks.next();
        if (value === undefined) resolve();
        else worker.postMessage(value);
      };
      worker.once('error', reject);
      worker.on('message', (tally: Tally) => {
        onDone(tally);
        next();
      });
      next();
    });
  } finally {
    await worker.terminate();
  }
}

function tellBroken({ broken }: Tally): void {
  for (const [seed, violations] of broken) {
    for (const violation of violations) say(`seed ${seed}: ${violation}`);
    say(`broken: npm run simulate -- --seed ${seed}`);
  }
}

function report({ deployments, outcomes, faults }: Tally, tookMs: number): void {
  const rate = perSecond(deployments, tookMs);
  say(`${deployments} deployments in ${(tookMs / 1_000).toFixed(1)} s: ${rate} a second`);
  say(`ended: ${listed(outcomes)}`);
  say(`put in their way: ${sum(faults)} faults: ${listed(faults)}`);
}

async function tellSmallest(seed: number): Promise<void> {
  const story = await simulate(seed);
  // One that only a crash of the calm deployment breaks has no trouble to take away.
  if (story.violations.length > 0) say(`\n${tell(await shrink(story))}`);
}

function perSecond(deployments: number, tookMs: number): number {
  return Math.round((deployments * 1_000) / tookMs);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
