/**
 * The program of a test build: simulates the seeds that it is told on its standard input, and tells of each
 * which promises it broke, a line of JSON a seed. It is ended from outside as soon as enough is known.
 */
import { text } from 'node:stream/consumers';
import { makePlan } from '../../../src/domain/make-plan.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { Random } from '../../../src/testing/simulation/random.ts';
import { drawScenario, type Scenario } from '../../../src/testing/simulation/scenario.ts';
import { simulate, simulateEveryCrash } from '../../../src/testing/simulation/simulate.ts';
import { Simulation } from '../../../src/testing/simulation/simulation.ts';
import type { Story } from '../../../src/testing/simulation/story.ts';
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

const HUNTS: Readonly<Record<HuntingGround, (seed: number) => Promise<Story[]>>> = {
  disasters: async (seed) => [await simulate(seed)],
  crashes: (seed) => simulateEveryCrash(seed),
  takeovers: async (seed) => [await new Simulation(withTakeover(seed)).run()],
  pauses: async (seed) => [await new Simulation(withPauses(seed)).run()],
};

function withPauses(seed: number): Scenario {
  const random = new Random(seed).fork('pauses');
  const scenario = drawScenario(seed, new Random(seed).fork('scenario'), { calm: true });
  const signals = Array.from({ length: 3 }, (_, index) => index * 4_000).flatMap((fromMs) => [
    { atMs: fromMs + random.int(0, 1_500), signal: { signal: 'pause', by: 'ann' } as const },
    { atMs: fromMs + random.int(1_700, 3_800), signal: { signal: 'resume', by: 'ann' } as const },
  ]);
  return { ...scenario, trouble: { ...scenario.trouble, signals, person: 'absent' } };
}

/** A lease lives six seconds: a controller that stands still for about as long may lose it, or just keep it. */
function withTakeover(seed: number): Scenario {
  const random = new Random(seed).fork('takeover');
  const scenario = drawScenario(seed, new Random(seed).fork('scenario'), { calm: true });
  const { digest: _digest, ...draft } = scenario.plan;
  const timeouts = Object.keys(draft.policy.timeoutsMs).map((name) => [name, 20_000]);
  const timeoutsMs = Object.fromEntries(timeouts) as Policy['timeoutsMs'];
  const atMs = random.int(0, 5_000);
  const rivals = Array.from({ length: 24 }, (_, index) => ({
    atMs: atMs + 3_500 + 250 * index,
    does: 'resume' as const,
  }));
  return {
    ...scenario,
    plan: makePlan({ ...draft, policy: { ...draft.policy, timeoutsMs } }),
    longestCallMs: 250,
    trouble: { ...scenario.trouble, freezes: [{ atMs, forMs: random.int(4_500, 12_000) }], rivals },
  };
}

async function find(seed: number, under: HuntingGround): Promise<Finding> {
  const stories = await HUNTS[under](seed);
  const violations = [...new Set(stories.flatMap((story) => story.violations))];
  return { seed, deployments: stories.length, violations };
}

const { seeds, under } = JSON.parse(await text(process.stdin)) as Orders;
const atOnce = under === 'crashes' ? 1 : AT_ONCE;
for (let first = 0; first < seeds.length; first += atOnce) {
  const findings = await Promise.all(seeds.slice(first, first + atOnce).map((seed) => find(seed, under)));
  process.stdout.write(findings.map((finding) => `${JSON.stringify(finding)}\n`).join(''));
}
