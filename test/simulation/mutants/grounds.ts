/**
 * Where mutants are hunted. Most are found among the disasters that seeds draw; what needs two rare things at
 * once is found sooner where both are made to happen.
 */
import { makePlan } from '../../../src/domain/make-plan.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { Trouble } from '../../../src/testing/simulation/draw-trouble.ts';
import { Random } from '../../../src/testing/simulation/random.ts';
import { drawScenario, type Scenario } from '../../../src/testing/simulation/scenario.ts';
import { simulate, simulateEveryCrash } from '../../../src/testing/simulation/simulate.ts';
import { Simulation } from '../../../src/testing/simulation/simulation.ts';
import type { Story } from '../../../src/testing/simulation/story.ts';
import type { HuntingGround } from './mutant.ts';

/** A simulation of the seed, or several. */
export const GROUNDS: Readonly<Record<HuntingGround, (seed: number) => Promise<Story[]>>> = {
  disasters: async (seed) => [await simulate(seed)],
  crashes: (seed) => simulateEveryCrash(seed),
  takeovers: (seed) => run(withTakeover(calm(seed), drawFor(seed))),
  pauses: (seed) => run(withTrouble(calm(seed), pauses(drawFor(seed)))),
  'second thoughts': (seed) => run(withTrouble(calm(seed), secondThoughts(drawFor(seed)))),
  'sick olds, left': (seed) => run(withSickOldsLeft(calm(seed), drawFor(seed))),
  'sick olds': (seed) => run(withSickOlds(calm(seed), drawFor(seed))),
};

function calm(seed: number): Scenario {
  return drawScenario(seed, new Random(seed).fork('scenario'), { calm: true });
}

function drawFor(seed: number): Random {
  return new Random(seed).fork('ground');
}

async function run(scenario: Scenario): Promise<Story[]> {
  return [await new Simulation(scenario).run()];
}

function withTrouble(scenario: Scenario, trouble: Partial<Trouble>): Scenario {
  return { ...scenario, trouble: { ...scenario.trouble, ...trouble } };
}

/** A lease lives six seconds: a controller that stands still for about as long may lose it, or just keep it. */
function withTakeover(scenario: Scenario, random: Random): Scenario {
  const { digest: _digest, ...draft } = scenario.plan;
  // Longer than the lease, so that it is the lease that has to keep a late controller from acting.
  const timeouts = Object.keys(draft.policy.timeoutsMs).map((name) => [name, 20_000]);
  const timeoutsMs = Object.fromEntries(timeouts) as Policy['timeoutsMs'];
  const plan = makePlan({ ...draft, policy: { ...draft.policy, timeoutsMs } });
  const atMs = random.int(0, 5_000);
  const rivals = Array.from({ length: 24 }, (_, index) => {
    return { atMs: atMs + 3_500 + 250 * index, does: 'resume' as const };
  });
  const freezes = [{ atMs, forMs: random.int(4_500, 12_000) }];
  return withTrouble({ ...scenario, plan, longestCallMs: 250 }, { freezes, rivals });
}

/** Paused and resumed three times, and nobody answers gates. */
function pauses(random: Random): Partial<Trouble> {
  const signals = [0, 4_000, 8_000].flatMap((fromMs) => [
    { atMs: fromMs + random.int(0, 1_500), signal: { signal: 'pause', by: 'ann' } as const },
    { atMs: fromMs + random.int(1_700, 3_800), signal: { signal: 'resume', by: 'ann' } as const },
  ]);
  return { signals, person: 'absent' };
}

/** Promoted in full, and then aborted, paused and resumed in one breath. */
function secondThoughts(random: Random): Partial<Trouble> {
  const atMs = random.int(200, 6_000);
  const names = ['abort', 'pause', 'resume'] as const;
  const promote = { atMs: atMs - 100, signal: { signal: 'promote', by: 'bob', full: true } as const };
  return { signals: [promote, ...names.map((signal) => ({ atMs, signal: { signal, by: 'ann' } }))] };
}

/** The same, and no one can be spared, when a controller is killed: whoever goes on has to look first. */
function withSickOldsLeft(scenario: Scenario, random: Random): Scenario {
  const sick = withSickOlds(scenario, random);
  const { digest: _digest, ...draft } = sick.plan;
  const minAvailable = Math.max(1, draft.targets.length - 2);
  const plan = makePlan({ ...draft, policy: { ...draft.policy, minAvailable, concurrency: 1 } });
  return withTrouble({ ...sick, plan }, { signals: [], kills: [1_700, 4_000, 6_000, 9_000] });
}

/** What ran before falls ill on some targets, one of which at least is to serve, and then somebody aborts. */
function withSickOlds(scenario: Scenario, random: Random): Scenario {
  const { digest: _digest, ...draft } = scenario.plan;
  const minAvailable = Math.max(1, draft.policy.minAvailable);
  const plan = makePlan({ ...draft, policy: { ...draft.policy, minAvailable } });
  const sicknesses = plan.targets.flatMap(({ id, from }) => {
    if (from === null || from === plan.release.id || random.chance(0.5)) return [];
    const afterMs = random.int(1_600, 6_000);
    return [{ kind: 'falls-ill' as const, target: id, release: from, afterMs, forMs: null }];
  });
  const abort = { atMs: random.int(2_000, 9_000), signal: { signal: 'abort', by: 'ann' } as const };
  return withTrouble({ ...scenario, plan }, { sicknesses, signals: [abort] });
}
