/** What happens in one simulation, drawn from its seed: a plan, and everything that comes in its way. */
import { makePlan } from '../../domain/make-plan.ts';
import type { Capabilities, Plan, PlannedTarget } from '../../domain/plan.ts';
import type { Policy } from '../../domain/policy.ts';
import type { Release } from '../../domain/release.ts';
import type { HookStep, Step } from '../../domain/step.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { drawStrategy } from './draw-strategy.ts';
import { drawTrouble, type Trouble } from './draw-trouble.ts';
import type { Random } from './random.ts';
import { SERVICE, simulatedRelease } from './releases.ts';

export interface Scenario {
  readonly seed: number;
  readonly plan: Plan;
  /** How long an instance takes until it is healthy. */
  readonly startUpMs: number;
  /** The longest that a call takes one way. */
  readonly longestCallMs: number;
  readonly trouble: Trouble;
}

export interface ScenarioOptions {
  /** The strategy of every deployment; default: one of Sluice's own, drawn. */
  readonly strategy?: Strategy;
  /** Nothing comes in the way, and gates are approved. */
  readonly calm?: boolean;
}

export const ENVIRONMENT = 'simulation';

/** The scenario of a seed. */
export function drawScenario(seed: number, random: Random, options: ScenarioOptions = {}): Scenario {
  const capabilities = drawCapabilities(random);
  const release = simulatedRelease('2.0.0');
  const targets = drawTargets(random, release.id);
  const plan = drawPlan(random, release, targets, capabilities, options.strategy);
  const trouble = options.calm ? CALM : drawTrouble(random.fork('trouble'), plan);
  // Where nobody asks whether it is up yet, it has to be up at once.
  const startUpMs = capabilities.probed ? random.int(20, 1_500) : 0;
  return { seed, plan, startUpMs, longestCallMs: random.int(5, 250), trouble };
}

const CALM: Trouble = {
  calls: [],
  sicknesses: [],
  crashes: [],
  kills: [],
  jumps: [],
  freezes: [],
  absences: [],
  rivals: [],
  signals: [],
  whenKilled: null,
  person: 'attentive',
};

function drawCapabilities(random: Random): Capabilities {
  const asked = random.pick([
    'always',
    'always',
    'always',
    'of instances',
    'of the service',
    'never',
  ] as const);
  return {
    beside: random.chance(0.7),
    routed: random.chance(0.7),
    staged: random.chance(0.8),
    probed: asked === 'always' || asked === 'of instances',
    checked: asked === 'always' || asked === 'of the service',
  };
}

function drawTargets(random: Random, newId: string): PlannedTarget[] {
  const count = random.chance(0.05) ? 0 : random.int(1, random.chance(0.5) ? 4 : 12);
  const kind = random.pick(['first', 'upgrade', 'upgrade', 'upgrade', 'mixed', 'unfinished'] as const);
  const leaving = kind !== 'first' && count > 1 && random.chance(0.15) ? random.int(1, count - 1) : 0;
  const [old, older] = [simulatedRelease('1.0.0').id, simulatedRelease('0.9.0').id];
  const from = {
    first: () => null,
    upgrade: () => old,
    mixed: () => random.pick([old, old, older, null]),
    unfinished: () => random.pick([old, newId]),
  }[kind];
  return Array.from({ length: count }, (_, index): PlannedTarget => {
    const id = `t${index + 1}`;
    if (index < count - leaving) return { id, from: from() };
    return { id, from: kind === 'unfinished' ? random.pick([old, newId]) : old, leaving: true };
  });
}

function drawPlan(
  random: Random,
  release: Release,
  targets: readonly PlannedTarget[],
  capabilities: Capabilities,
  given: Strategy | undefined,
): Plan {
  const serving = targets.filter((target) => target.from !== null).length;
  const wanted = targets.filter((target) => target.leaving !== true);
  const policy = drawPolicy(random, Math.min(serving, wanted.length), capabilities.beside);
  const strategy = given ?? drawStrategy(random, capabilities);
  const updated = wanted.filter((target) => target.from !== release.id).map((target) => target.id);
  const first = targets.every((target) => target.from === null);
  const leaving = wanted.length < targets.length;
  const unchanged = wanted.length - updated.length;
  const steps = strategy.steps({ targets: updated, first, unchanged, leaving, can: capabilities });
  const previous = [simulatedRelease('1.0.0'), simulatedRelease('0.9.0')];
  return makePlan({
    service: SERVICE,
    environment: ENVIRONMENT,
    release,
    previous: Object.fromEntries(previous.map((one) => [one.id, one])),
    targets,
    strategy: { name: strategy.name, options: strategy.options },
    steps: withHooks(random, steps),
    hooksOnFailure: random.chance(0.2) ? [hookOf('on-failure')] : [],
    capabilities,
    policy,
    createdAt: 0,
  });
}

function drawPolicy(random: Random, serving: number, beside: boolean): Policy {
  // Where two releases can run on a target, none has to be missing.
  const mostAvailable = beside && random.chance(0.3) ? serving : Math.max(0, serving - 1);
  const timeoutMs = random.int(2_500, 6_000);
  const policy = {
    onFailure: random.pick(['rollback', 'rollback', 'rollback', 'pause', 'stop'] as const),
    maxFailures: random.chance(0.3) ? random.int(1, 3) : 0,
    ...drawBatchBudget(random.fork('batch budget')),
    minAvailable: random.chance(0.6) ? random.int(0, mostAvailable) : 0,
    concurrency: random.pick([1, 2, 3, 8, 64]),
    maxAttempts: random.int(1, 3),
    backoffMs: random.pick([0, 50, 250]),
    checkIntervalMs: random.int(300, 1_500),
    capacityTimeoutMs: random.int(1_000, 5_000),
    pauseTimeoutMs: random.int(5_000, 30_000),
    timeoutsMs: {
      stage: timeoutMs,
      activate: timeoutMs,
      probe: timeoutMs,
      admit: timeoutMs,
      drain: timeoutMs,
      stop: timeoutMs,
      prune: timeoutMs,
      observe: timeoutMs,
      shift: timeoutMs,
      check: timeoutMs,
      hook: timeoutMs,
    },
    keepReleases: random.int(1, 5),
  };
  return { ...policy, ...drawLeast(random.fork('least'), policy.minAvailable) };
}

/** How far the bound on availability gives way for what cannot be reached. */
function drawLeast(random: Random, minAvailable: number): Pick<Policy, 'leastAvailable'> {
  return random.chance(0.5) ? { leastAvailable: random.int(0, minAvailable) } : {};
}

function drawBatchBudget(random: Random): Pick<Policy, 'maxFailuresPerBatch'> {
  return random.chance(0.3) ? { maxFailuresPerBatch: random.pick([0, 1, '50%'] as const) } : {};
}

function withHooks(random: Random, steps: readonly Step[]): Step[] {
  if (steps.length === 0 || random.chance(0.8)) return [...steps];
  const at = random.int(0, steps.length);
  return [...steps.slice(0, at), hookOf('before'), ...steps.slice(at), hookOf('after')];
}

function hookOf(name: string): HookStep {
  return { kind: 'hook', name, command: ['true'], timeoutMs: 2_000 };
}
