/** Makes the plan that brings one service in one environment to a release. */
import type { ResolvedService } from '../config/resolve-service.ts';
import { makePlan } from '../domain/make-plan.ts';
import type { Capabilities, Plan, PlannedTarget } from '../domain/plan.ts';
import type { Release } from '../domain/release.ts';
import type { Step } from '../domain/step.ts';
import { currentReleases } from '../engine/observe-fleet.ts';
import type { Instance } from '../platforms/platform.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { Fleet } from './fleet/fleet.ts';
import { hooksOf, policyOf } from './from-config.ts';
import type { ReleaseHistory } from './release-history.ts';

export interface PlanRequest {
  readonly service: ResolvedService;
  readonly fleet: Pick<Fleet, 'targets' | 'can'>;
  readonly release: Release;
  readonly strategy: Strategy;
  /** Everything of the service that runs now. */
  readonly instances: readonly Instance[];
  /** Of targets that could not be looked at: the release that they were left with. Default none. */
  readonly leftWith?: ReadonlyMap<string, string>;
  /** Targets that run this very release, but not well: it is brought up there again. Default none. */
  readonly unwell?: ReadonlySet<string>;
  /** Whether any number of targets may fail: each is put right by itself. Default: as many as the policy says. */
  readonly eachByItself?: boolean;
  /** Whether the service's hooks run. Default yes. */
  readonly hooked?: boolean;
  readonly history: ReleaseHistory;
  readonly now: number;
}

export async function planService(request: PlanRequest): Promise<Plan> {
  const { service, fleet, release, strategy, instances, leftWith, unwell, history, now } = request;
  const { eachByItself = false, hooked = true } = request;
  const wanted = fleet.targets;
  const running = new Map([...(leftWith ?? []), ...currentReleases(instances, release.id)]);
  const isChecked = service.checks.length > 0;
  const targets = plannedTargets(wanted, running, instances);
  const first = targets.every((target) => target.from === null);
  const can: Capabilities = { ...fleet.can, probed: isChecked, checked: isChecked };
  const updated = targets.filter(({ id, from, leaving }) => {
    return leaving !== true && (from !== release.id || unwell?.has(id) === true);
  });
  const hooks = hooked ? hooksOf(service) : { before: [], after: [], onFailure: [] };
  const steps = withHooks(
    strategy.steps({
      targets: updated.map((target) => target.id),
      first,
      unchanged: wanted.length - updated.length,
      leaving: targets.some((target) => target.leaving === true),
      can,
    }),
    hooks.before,
    hooks.after,
  );
  const serving = wanted.filter((id) => running.has(id)).length;
  const { maxFailuresPerBatch, ...asked } = policyOf(service, steps, serving);
  const batches = maxFailuresPerBatch === undefined ? {} : { maxFailuresPerBatch };
  const policy = eachByItself ? { ...asked, maxFailures: wanted.length } : { ...asked, ...batches };
  return makePlan({
    service: service.name,
    environment: service.environment,
    release,
    previous: await previousReleases(targets, release, history),
    targets,
    strategy: { name: strategy.name, options: strategy.options },
    steps,
    hooksOnFailure: hooks.onFailure,
    capabilities: can,
    policy,
    createdAt: now,
  });
}

/** Those that run nothing, or not properly, come first: a broken old release must not hold up the fix. */
function plannedTargets(
  wanted: readonly string[],
  running: ReadonlyMap<string, string>,
  instances: readonly Instance[],
): PlannedTarget[] {
  const well = new Set(instances.filter((one) => one.state === 'running').map((one) => one.target));
  const inOrder = [...wanted.filter((id) => !well.has(id)), ...wanted.filter((id) => well.has(id))];
  const leaving = [...running.keys()].filter((id) => !wanted.includes(id)).toSorted();
  return [
    ...inOrder.map((id): PlannedTarget => ({ id, from: running.get(id) ?? null })),
    ...leaving.map((id): PlannedTarget => ({ id, from: running.get(id) ?? null, leaving: true })),
  ];
}

/** Hooks run once the release is there, before anything moves; and when everything has. */
function withHooks(steps: readonly Step[], before: readonly Step[], after: readonly Step[]): Step[] {
  const staged = steps.filter((step) => step.kind === 'stage');
  const rest = steps.filter((step) => step.kind !== 'stage');
  return steps.length === 0 ? [] : [...staged, ...before, ...rest, ...after];
}

async function previousReleases(
  targets: readonly PlannedTarget[],
  release: Release,
  history: ReleaseHistory,
): Promise<Record<string, Release>> {
  const previous: Record<string, Release> = {};
  for (const { from, leaving } of targets) {
    if (from === null || Object.hasOwn(previous, from)) continue;
    if (from !== release.id)
      previous[from] = (await history.byId(from)) ?? unknownRelease(from, release.service);
    // Also of the plan's own, which such a target loses.
    else if (leaving === true) previous[from] = release;
  }
  return previous;
}

/** Something that this journal has never deployed: it can be drained and stopped, but not started again. */
function unknownRelease(id: string, service: string): Release {
  const dash = id.lastIndexOf('-');
  return { id, service, version: id.slice(0, dash), digest: id.slice(dash + 1), spec: {} };
}
