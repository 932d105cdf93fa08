/**
 * `npm run mutants`: deliberate faults in the core, each in a build of its own, hunted by the simulator. It prints
 * what caught each, and ends with exit code 1 when one survives, or when a promise is broken without any.
 *
 *   --seeds N      seeds for each, from 1 on; default 3,000
 *   --only NAME    one mutant; can be given again
 *   --known        the seed that caught it when it was last recorded comes first: for CI
 *   --write        records the catches, in known.json and in docs/simulation.md
 *   --tables       hunts nothing, and only writes the tables of docs/simulation.md anew
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTANTS } from '../test/simulation/mutants/all.ts';
import { build, mutated } from '../test/simulation/mutants/apply.ts';
import { type Hunt, hunt } from '../test/simulation/mutants/hunt.ts';
import { type KnownCatches, readKnown, writeKnown } from '../test/simulation/mutants/known.ts';
import type { HuntingGround, Mutant } from '../test/simulation/mutants/mutant.ts';
import { withTables } from '../test/simulation/mutants/tables.ts';

const PAGE = fileURLToPath(new URL('../docs/simulation.md', import.meta.url));
const DEFAULT_SEEDS = 3_000;
/** Where one seed is many simulations, or a few find what they are there for. */
const MOST_SEEDS: Readonly<Record<HuntingGround, number>> = {
  disasters: Infinity,
  crashes: 6,
  takeovers: 300,
  pauses: 300,
  'second thoughts': 300,
  'sick olds': 600,
  'sick olds, left': 600,
};
const AT_ONCE = 2;

interface Options {
  readonly seeds: number;
  readonly only: readonly string[];
  readonly known: boolean;
  readonly write: boolean;
  readonly tables: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-mutants-'));
try {
  process.exitCode = await main(readOptions());
} finally {
  rmSync(folder, { recursive: true });
}

async function main(options: Options): Promise<number> {
  const mutants = MUTANTS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  for (const mutant of mutants) mutated(mutant);
  const known = readKnown();
  if (options.tables) {
    writeTables(known);
    return 0;
  }
  const startedAt = performance.now();
  if (!(await unmutatedPasses(options, mutants, known))) return 1;

  const hunts = new Map<Mutant, Hunt>();
  const queue = [...mutants];
  const work = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      hunts.set(mutant, await huntFor(mutant, options, known));
      console.log(rowOf(mutant, hunts.get(mutant) as Hunt, known));
    }
  };
  console.log('promise, mutant: what is broken');
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  if (options.write) record(hunts, known);
  const survivors = mutants.filter((mutant) => hunts.get(mutant)?.caught === null);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${mutants.length - survivors.length} of ${mutants.length} mutants caught in ${seconds} s`);
  for (const { name } of survivors) console.log(`SURVIVED: npm run mutants -- --only ${name} --seeds 20000`);
  return survivors.length === 0 ? 0 : 1;
}

/** The same seeds without a fault: what they find has to be because of it. */
async function unmutatedPasses(
  options: Options,
  mutants: readonly Mutant[],
  known: KnownCatches,
): Promise<boolean> {
  const file = join(folder, 'unmutated.mjs');
  await build(null, file);
  let deployments = 0;
  for (const under of Object.keys(MOST_SEEDS) as HuntingGround[]) {
    const some = mutants.filter((mutant) => (mutant.under ?? 'disasters') === under);
    const seeds = [...new Set(some.flatMap((mutant) => seedsFor(mutant, options, known, true)))];
    const found = await hunt(file, { seeds, under }, []);
    for (const [invariant, times] of found.others)
      console.log(`unmutated, broken ${times} times: ${invariant}`);
    if (found.died !== null) console.log(`unmutated: ${found.died}`);
    if (found.others.size > 0 || found.died !== null) return false;
    deployments += found.deployments;
  }
  console.log(`unmutated: ${deployments} deployments, no promise broken`);
  return true;
}

async function huntFor(mutant: Mutant, options: Options, known: KnownCatches): Promise<Hunt> {
  const file = join(folder, `${mutant.name}.mjs`);
  await build(mutant, file);
  const { promise, neighbour, under = 'disasters' } = mutant;
  const promises = neighbour === undefined ? [promise] : [promise, neighbour.promise];
  const found = await hunt(file, { seeds: seedsFor(mutant, options, known), under }, promises);
  rmSync(file);
  return found;
}

/** @param briefly where there is a known one, only that */
function seedsFor(
  { name, under = 'disasters' }: Mutant,
  options: Options,
  known: KnownCatches,
  briefly = false,
): number[] {
  const count = Math.min(MOST_SEEDS[under], options.seeds);
  const seeds = Array.from({ length: count }, (_, index) => index + 1);
  const first = options.known ? known[name]?.seed : undefined;
  if (first === undefined) return seeds;
  return briefly ? [first] : [first, ...seeds.filter((seed) => seed !== first)];
}

function rowOf(
  { promise, name, says }: Mutant,
  { caught, deployments, others, died }: Hunt,
  known: KnownCatches,
): string {
  const head = `${String(promise).padStart(2)}  ${name}: ${says}`;
  if (caught === null) {
    const seen = [...others].map(([invariant, times]) => `${times} times "${invariant}"`);
    const instead = seen.length === 0 ? '' : `; seen instead: ${seen.join(', ')}`;
    return `${head}\n    SURVIVED ${deployments} deployments${died === null ? '' : `: ${died}`}${instead}`;
  }
  const before = known[name]?.seed;
  const moved = before === undefined || before === caught.seed ? '' : ` (recorded: seed ${before})`;
  const where = caught.promise === promise ? '' : ` of promise ${caught.promise}`;
  return `${head}\n    seed ${caught.seed}${moved}, after ${caught.deployments} deployments, by "${caught.invariant}"${where}`;
}

function record(hunts: ReadonlyMap<Mutant, Hunt>, known: KnownCatches): void {
  const recorded: Record<string, KnownCatches[string]> = {};
  for (const mutant of MUTANTS) {
    const caught = hunts.get(mutant)?.caught;
    const before = known[mutant.name];
    if (caught) {
      const { seed, deployments, promise, invariant } = caught;
      recorded[mutant.name] = { seed, deployments, promise, invariant };
    } else if (!hunts.has(mutant) && before !== undefined) {
      recorded[mutant.name] = before;
    }
  }
  writeKnown(recorded);
  writeTables(recorded);
}

function writeTables(known: KnownCatches): void {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), MUTANTS, known));
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      only: { type: 'string', multiple: true },
      known: { type: 'boolean' },
      write: { type: 'boolean' },
      tables: { type: 'boolean' },
    },
  });
  const seeds = Number(values.seeds ?? DEFAULT_SEEDS);
  if (!Number.isSafeInteger(seeds) || seeds < 1)
    throw new RangeError(`--seeds ${values.seeds} is not 1 or more`);
  const only = values.only ?? [];
  const unknown = only.find((name) => !MUTANTS.some((mutant) => mutant.name === name));
  if (unknown !== undefined) throw new RangeError(`there is no mutant ${unknown}`);
  return {
    seeds,
    only,
    known: values.known ?? false,
    write: values.write ?? false,
    tables: values.tables ?? false,
  };
}
