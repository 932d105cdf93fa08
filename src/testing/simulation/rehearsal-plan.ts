/** Makes the plans of rehearsals: from what runs, as a service of a config would be planned. */
import { makePlan } from '../../domain/make-plan.ts';
import type { Capabilities, Plan, PlannedTarget } from '../../domain/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy.ts';
import type { Release } from '../../domain/release.ts';
import type { HookStep, Step } from '../../domain/step.ts';
import { currentReleases } from '../../engine/observe-fleet.ts';
import { rollingSteps } from '../../strategies/rolling.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { rehearsedTargets } from './rehearsal-options.ts';
import { SERVICE } from './releases.ts';
import type { SimulatedInstance } from './simulated-instance.ts';
import { instanceOf } from './simulated-platform.ts';

export interface DeployOptions {
  /** Default: rolling, one target at a time. */
  readonly strategy?: Strategy;
  /** Where it differs from the default policy. */
  readonly policy?: Partial<Policy>;
  /** Names of hooks that run before anything moves, after everything has, and after a failure. */
  readonly hooks?: {
    readonly before?: readonly string[];
    readonly after?: readonly string[];
    readonly onFailure?: readonly string[];
  };
  /** How many of the targets are wanted; those beyond leave. Default: all. */
  readonly wanted?: number;
}

export interface PlanParts {
  readonly release: Release;
  readonly previous: Readonly<Record<string, Release>>;
  readonly running: readonly SimulatedInstance[];
  readonly targets: number;
  readonly can: Capabilities;
  readonly now: number;
  readonly options: DeployOptions;
}

export function planRehearsal({ release, previous, running, can, now, options, ...parts }: PlanParts): Plan {
  const { strategy = rollingSteps({ batchSize: 1 }), policy, hooks = {} } = options;
  const targets = plannedTargets(running, release.id, parts.targets, options.wanted ?? parts.targets);
  const wanted = targets.filter((target) => target.leaving !== true);
  const updated = wanted.filter((target) => target.from !== release.id).map((target) => target.id);
  const steps = strategy.steps({
    targets: updated,
    first: targets.every((target) => target.from === null),
    unchanged: wanted.length - updated.length,
    leaving: wanted.length < targets.length,
    can,
  });
  const ran = new Set(targets.map((target) => target.from));
  return makePlan({
    service: SERVICE,
    environment: 'rehearsal',
    release,
    previous: Object.fromEntries(Object.entries(previous).filter(([id]) => ran.has(id))),
    targets,
    strategy: { name: strategy.name, options: strategy.options },
    steps: withHooks(steps, hooks.before, hooks.after),
    hooksOnFailure: hooksOf(hooks.onFailure),
    capabilities: can,
    policy: { ...DEFAULT_POLICY, ...policy },
    createdAt: now,
  });
}

/** As `sluice` plans: those that do not run come first, and what runs beyond the wanted leaves. */
function plannedTargets(
  instances: readonly SimulatedInstance[],
  to: string,
  count: number,
  wanted: number,
): PlannedTarget[] {
  const current = currentReleases(instances.map(instanceOf), to);
  const well = new Set(instances.filter((one) => one.state === 'running').map((one) => one.target));
  const ids = rehearsedTargets(wanted);
  const inOrder = [...ids.filter((id) => !well.has(id)), ...ids.filter((id) => well.has(id))];
  const leaving = rehearsedTargets(count).filter((id, index) => index >= wanted && current.has(id));
  return [
    ...inOrder.map((id): PlannedTarget => ({ id, from: current.get(id) ?? null })),
    ...leaving.map((id): PlannedTarget => ({ id, from: current.get(id) ?? null, leaving: true })),
  ];
}

function withHooks(
  steps: readonly Step[],
  before: readonly string[] = [],
  after: readonly string[] = [],
): Step[] {
  const staged = steps.filter((step) => step.kind === 'stage');
  const rest = steps.filter((step) => step.kind !== 'stage');
  return steps.length === 0 ? [] : [...staged, ...hooksOf(before), ...rest, ...hooksOf(after)];
}

function hooksOf(names: readonly string[] = []): HookStep[] {
  return names.map((name) => ({ kind: 'hook', name, command: ['true'], timeoutMs: 10_000 }));
}
