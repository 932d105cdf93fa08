/** Operations on the whole fleet: looking at it, judging it, and moving its traffic. */
import { capacityFor } from '../domain/amount.ts';
import type { TargetObservation } from '../domain/operation.ts';
import { isUnchanged, type PlannedTarget } from '../domain/plan.ts';
import { type DeploymentState, type InstancePhase, leastAvailable } from '../domain/state.ts';
import type { Side } from '../domain/step.ts';
import { OperationError } from '../errors.ts';
import type { CheckSubject } from '../health/health-check.ts';
import type { Instance } from '../platforms/platform.ts';
import { lookAtFleet } from './look-at-fleet.ts';
import { type Findings, howItEnded, type Performance, releaseOn, subjectOf } from './performance.ts';

const LOG_LINES = 15;

/**
 * Looks at every target that is believed to serve or to fail, or may have been let in by an admit that failed, and
 * reports those that differ.
 */
export async function observe(performance: Performance): Promise<Findings> {
  const looks = await lookAtAll(performance, await letInUnheard(performance));
  return { seen: whatDiffers(performance.state, looks) };
}

/** Of what is healthy and not known to have traffic: what is in the router's pool all the same, by key. */
async function letInUnheard({ ports, state, handle }: Performance): Promise<ReadonlySet<string>> {
  const isOpen = [...state.targets].some((target) => target.new === 'healthy' || target.old === 'healthy');
  if (!isOpen || ports.router === null) return new Set();
  const { backends } = await ports.router.inspect(state.plan.service, handle);
  const serving = backends.filter((backend) => !backend.draining);
  return new Set(serving.map(({ target, release }) => `${target}\n${release}`));
}

/**
 * Each target in turn, by its index: whether what is believed to serve or to fail there is healthy, on each side.
 * @param letIn keys of instances that serve without being believed to
 */
async function lookAtAll(
  performance: Performance,
  letIn: ReadonlySet<string> = new Set(),
): Promise<TargetObservation[]> {
  const { instances, unreachable } = await inspectAll(performance);
  const unseen = new Map(unreachable.map((one) => [one.target, one]));
  return Promise.all(
    performance.state.plan.targets.map(async (_planned, index) => {
      const cannotTell = unseen.get(index);
      if (cannotTell !== undefined) return cannotTell;
      const isHealthy = async (side: Side) => {
        const phase = performance.state.targets.get(index)[side];
        const counts =
          phase === 'healthy' ? letIn.has(keyOf(performance.state, index, side)) : hasTraffic(phase);
        return counts && sideIsHealthy(performance, instances, index, side);
      };
      return { target: index, old: await isHealthy('old'), new: await isHealthy('new') };
    }),
  );
}

function whatDiffers(state: DeploymentState, looks: readonly TargetObservation[]): TargetObservation[] {
  return looks.filter((seen) => {
    const target = state.targets.get(seen.target);
    const isNews = (seen.unreachable !== undefined) !== (target.unseen === true);
    return isNews || differs(target.old, seen.old) || differs(target.new, seen.new);
  });
}

function differs(phase: InstancePhase, healthy: boolean): boolean {
  return (phase === 'serving' && !healthy) || ((phase === 'failing' || phase === 'healthy') && healthy);
}

function hasTraffic(phase: InstancePhase): boolean {
  return phase === 'serving' || phase === 'failing';
}

async function sideIsHealthy(
  performance: Performance,
  instances: ReadonlyMap<string, Instance>,
  index: number,
  side: Side,
): Promise<boolean> {
  const { ports, state, handle } = performance;
  const instance = instances.get(keyOf(state, index, side));
  if (instance?.state !== 'running') return false;
  if (ports.health === null) return true;
  const { status, unanswered } = await ports.health.judge(subjectOf(instance), handle.signal);
  // No answer is neither good nor bad: what was seen of it last still stands.
  if (unanswered) return !isKnownIll(state, index, side);
  return status !== 'unhealthy';
}

function isKnownIll({ targets, step }: DeploymentState, index: number, side: Side): boolean {
  return targets.get(index)[side] === 'failing' || (side === 'new' && step?.ill.includes(index) === true);
}

/** Judges every instance of the new release that has been brought up. */
export async function check(performance: Performance): Promise<Findings> {
  const { ports, state, handle } = performance;
  const { instances, unreachable } = await inspectAll(performance);
  const unseen = new Set(unreachable.map(({ target }) => target));
  const subjects: CheckSubject[] = [];
  for (const [index, planned] of state.plan.targets.entries()) {
    const phase = state.targets.get(index).new;
    if (phase !== 'serving' && phase !== 'failing' && phase !== 'healthy') continue;
    if (unseen.has(index)) continue;
    const instance = instances.get(keyOf(state, index, 'new'));
    // What was started by this deployment and crashed since is bad, even if it is up again at this moment.
    const crashed = !isUnchanged(state.plan, planned) && (instance?.restarts ?? 0) > 0;
    if (instance?.state !== 'running' || crashed) return ended(performance, planned.id, index, instance);
    subjects.push(subjectOf(instance));
  }
  const seen = unreachable.length === 0 ? {} : { seen: unreachable };
  if (ports.health === null) return { verdict: 'pass', ...seen };
  const judgement = await ports.health.judgeAll(subjects, handle.signal);
  const where = judgement.target === undefined ? '' : `${judgement.target}: `;
  switch (judgement.status) {
    case 'healthy':
    case 'degraded':
      return { verdict: 'pass', ...seen };
    case 'unknown':
      return { verdict: 'inconclusive', ...seen };
    case 'unhealthy':
      return {
        verdict: 'fail',
        error: `${where}${judgement.message}`,
        evidence: { probe: judgement.message, ...(await logOf(performance, judgement.target)) },
      };
  }
}

async function ended(
  performance: Performance,
  id: string,
  index: number,
  instance: Instance | undefined,
): Promise<Findings> {
  const { state, ports } = performance;
  const log = await ports.platform.logTail(id, releaseOn(state, index, 'new'), LOG_LINES).catch(() => []);
  return {
    verdict: 'fail',
    error: `${id} ended${howItEnded(instance?.evidence)}`,
    evidence: { log, ...instance?.evidence },
  };
}

async function logOf({ ports, state }: Performance, target: string | undefined): Promise<{ log?: string[] }> {
  if (target === undefined || !state.indexOf.has(target)) return {};
  const log = await ports.platform.logTail(target, state.plan.release, LOG_LINES).catch(() => []);
  return log.length === 0 ? {} : { log };
}

/**
 * Moves the traffic, after a look whether the capacity is there. Forwards, the share needs its part of the
 * fleet healthy on the new release. Backwards the old must be whole again, or at least better off than the
 * new: what is broken is never waited for.
 */
export async function shift(performance: Performance): Promise<Findings> {
  const { ports, state, handle } = performance;
  const step = state.steps[state.position];
  if (ports.router === null || step?.kind !== 'shift') return {};
  const { plan } = state;
  const looks = await lookAtAll(performance);
  const [onNew, onOld] = [capacity(state, looks, 'new'), capacity(state, looks, 'old')];
  if (state.direction === 'forward') {
    const error = whyNotCarried(state, step.percent, onNew, onOld, outOfSight(state, looks));
    // Whoever tries again is to know what was ill, also where it has no answer then.
    if (error !== null) return { verdict: 'fail', error, seen: whatDiffers(state, looks) };
  } else {
    assertCarriedBack(state, onNew, onOld, looks);
  }
  await handle.assertWanted();
  const split = { release: plan.release.id, percent: step.percent };
  await ports.router.shift(plan.service, split, handle);
  return {};
}

/** Of one side: how many targets are believed to serve, and the indexes of those that are healthy. */
interface Capacity {
  readonly serving: number;
  readonly healthy: readonly number[];
}

function whyNotCarried(
  state: DeploymentState,
  percent: number,
  onNew: Capacity,
  onOld: Capacity,
  unseen: number,
): string | null {
  const { plan, failures } = state;
  const wanted = plan.targets.filter((target) => target.leaving !== true).length;
  const needed = Math.min(capacityFor(percent, wanted), wanted - failures);
  if (onNew.healthy.length < needed) {
    return (
      `${percent} % of the traffic needs ${needed} healthy targets on ${plan.release.version}, ` +
      `there are ${onNew.healthy.length}`
    );
  }
  const all = new Set([...onNew.healthy, ...onOld.healthy]).size;
  const left = percent === 0 ? onOld.healthy.length : percent === 100 ? onNew.healthy.length : all;
  // Those out of sight may serve as well as ever, and are given up only as far as the policy gives way for them.
  const least = Math.min(leastAvailable(state), all + unseen);
  const isLost = onOld.serving > 0 && left < Math.min(plan.policy.minAvailable, all);
  if (isLost || (onOld.serving + unseen > 0 && percent > 0 && left < least)) {
    return (
      `with ${percent} % on ${plan.release.version} only ${left} healthy targets would have traffic, ` +
      `fewer than ${isLost ? plan.policy.minAvailable : least}`
    );
  }
  return null;
}

/** How many targets ran something before, may serve it still, and cannot be looked at. */
function outOfSight({ plan, targets }: DeploymentState, looks: readonly TargetObservation[]): number {
  return looks.filter(({ target: index, unreachable }) => {
    const { old } = targets.get(index);
    const hadSomething = plan.targets[index]?.from !== null && (old === 'serving' || old === 'failing');
    return unreachable !== undefined && hadSomething;
  }).length;
}

/**
 * Never to nobody, while the new answers, and never to fewer than `minAvailable` where more are healthy now: who
 * aborts wants no outage. Else what was failing before the plan is not waited for, and what could not be started
 * again is only missing.
 */
function assertCarriedBack(
  { plan, targets }: DeploymentState,
  onNew: Capacity,
  onOld: Capacity,
  looks: readonly TargetObservation[],
) {
  const [had, has] = [onNew.healthy.length, onOld.healthy.length];
  const changed = plan.targets.flatMap((planned, index) => {
    return planned.from === null || isUnchanged(plan, planned) ? [] : [targets.get(index).old];
  });
  const wanted = changed.filter((phase) => phase !== 'failing').length;
  const all = new Set([...onNew.healthy, ...onOld.healthy]).size;
  // What ran the plan's own release before keeps its share.
  const staying = onNew.healthy.filter((index) => isUnchanged(plan, plan.targets[index] as PlannedTarget));
  const least = Math.min(plan.policy.minAvailable, all) - staying.length;
  const enough = Math.max(least, Math.min(wanted, onOld.serving));
  // What cannot be looked at may well answer.
  const isUnseen = (look: TargetObservation) => {
    return look.unreachable !== undefined && targets.get(look.target).new === 'failing';
  };
  const mayAnswer = had > 0 || looks.some(isUnseen);
  const toNobody = changed.length > 0 && has === 0 && mayAnswer;
  if (has > had || (has >= enough && !toNobody)) return;
  throw new OperationError(`only ${has} of ${changed.length} targets are healthy on what ran before`);
}

function capacity(state: DeploymentState, looks: readonly TargetObservation[], side: Side): Capacity {
  const serving = looks.filter(({ target }) => state.targets.get(target)[side] === 'serving');
  return {
    serving: serving.length,
    healthy: serving.filter((seen) => seen[side]).map((seen) => seen.target),
  };
}

interface WholeFleet {
  /** By target and release. */
  readonly instances: ReadonlyMap<string, Instance>;
  readonly unreachable: readonly TargetObservation[];
}

async function inspectAll({ ports, state, handle }: Performance): Promise<WholeFleet> {
  const { service, targets } = state.plan;
  const ids = targets.map((target) => target.id);
  const { instances, unreachable } = await lookAtFleet(ports.platform, service, ids, handle);
  return {
    instances: new Map(instances.map((instance) => [`${instance.target}\n${instance.release}`, instance])),
    unreachable: [...unreachable].flatMap(([id, { message }]) => {
      const target = state.indexOf.get(id);
      if (target === undefined) return [];
      // One that leaves is nobody's loss; whether it can be taken down is seen when that is tried.
      const why = targets[target]?.leaving === true ? {} : { unreachable: message };
      return [{ target, old: false, new: false, ...why }];
    }),
  };
}

function keyOf(state: DeploymentState, index: number, side: Side): string {
  const planned = state.plan.targets[index];
  const release = side === 'new' ? state.plan.release.id : (planned?.from ?? '');
  return `${planned?.id}\n${release}`;
}
