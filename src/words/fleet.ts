/** What the fleet looks like in a deployment's state: each target in one word, counts, and the traffic's share. */
import type { Plan } from '../domain/plan.ts';
import {
  type DeploymentState,
  type InstancePhase,
  isAvailable,
  isUnreachable,
  type TargetState,
} from '../domain/state.ts';
import type { Paint } from './paint.ts';
import { counted, formatCount, formatPercent, fromLabel, idList, newLabel, oldLabel } from './words.ts';

export const CONDITIONS = ['failed', 'unhealthy', 'moving', 'none', 'old', 'new'] as const;
/** The state of a target in one word; of several together, the first in this order that any of them is in. */
export type Condition = (typeof CONDITIONS)[number];

export interface Fleet {
  /** Of each target, in the order of the plan. */
  readonly conditions: readonly Condition[];
  readonly counts: Readonly<Record<Condition, number>>;
  /** Targets that serve, on either release. */
  readonly available: number;
  readonly total: number;
  /** Share of the traffic, 0 to 100, that the new release gets; `null` when nothing gets any. */
  readonly share: number | null;
}

/** Looks at every target once. */
export function fleetOf(state: DeploymentState): Fleet {
  const counts: Record<Condition, number> = { failed: 0, unhealthy: 0, moving: 0, none: 0, old: 0, new: 0 };
  let onNew = 0;
  let onOld = 0;
  const conditions: Condition[] = [];
  for (const target of state.targets) {
    const condition = conditionOf(state, conditions.length, target);
    conditions.push(condition);
    counts[condition]++;
    if (hasTraffic(target.new)) onNew++;
    if (hasTraffic(target.old)) onOld++;
  }
  const total = conditions.length;
  return { conditions, counts, available: state.available, total, share: shareOf(state.split, onNew, onOld) };
}

/** A split holds where both sides have a backend; without one each backend gets an equal part. */
function shareOf(split: number | null, onNew: number, onOld: number): number | null {
  if (onNew + onOld === 0) return null;
  if (onNew === 0) return 0;
  if (onOld === 0) return 100;
  return split ?? (100 * onNew) / (onNew + onOld);
}

function hasTraffic(phase: InstancePhase): boolean {
  return phase === 'serving' || phase === 'failing';
}

function conditionOf(state: DeploymentState, index: number, target: TargetState): Condition {
  if (target.failure !== null) return 'failed';
  if (isMoving(state, index, target)) return 'moving';
  if (target.new === 'serving') return 'new';
  if (target.old === 'serving') return 'old';
  return target.new === 'failing' || target.old === 'failing' ? 'unhealthy' : 'none';
}

/** Begun and not at its end in this step; being staged or pruned moves nothing. */
function isMoving(state: DeploymentState, index: number, target: TargetState): boolean {
  if (state.phase === 'ended' || state.step === null) return false;
  const active = state.step.active.get(index);
  if (active !== undefined) return active.operation !== 'stage' && active.operation !== 'prune';
  return state.step.waiting.has(index) && (isUnsettled(target.new) || isUnsettled(target.old));
}

function isUnsettled(phase: InstancePhase): boolean {
  return phase !== 'none' && phase !== 'serving' && phase !== 'failing';
}

/** Each condition in words: `on 1.1.0`, `on the way`. */
export function conditionWords(plan: Plan): Readonly<Record<Condition, string>> {
  return {
    failed: 'failed',
    unhealthy: 'unhealthy',
    moving: 'on the way',
    none: 'not running',
    old: `on ${oldLabel(plan) ?? 'the old'}`,
    new: `on ${newLabel(plan)}`,
  };
}

/** The mark of a condition, in its colour, `times` times. */
export function conditionMark(condition: Condition, paint: Paint, times = 1): string {
  const { symbols } = paint;
  switch (condition) {
    case 'failed':
      return paint.bad(symbols.failed.repeat(times));
    case 'unhealthy':
      return paint.bad(symbols.attention.repeat(times));
    case 'moving':
      return paint.waiting(symbols.moving.repeat(times));
    case 'none':
      return paint.dim(symbols.none.repeat(times));
    case 'old':
      return symbols.onOld.repeat(times);
    case 'new':
      return paint.good(symbols.onNew.repeat(times));
  }
}

/** How many targets serve which release, the new one first, then the others in the order of the targets. */
export function servingByRelease(state: DeploymentState): ReadonlyMap<string, number> {
  const { plan } = state;
  const serving = new Map<string, number>();
  const count = (label: string) => serving.set(label, (serving.get(label) ?? 0) + 1);
  let index = 0;
  let onNew = 0;
  for (const target of state.targets) {
    if (target.new === 'serving') onNew++;
    else if (target.old === 'serving') count(fromLabel(plan, index) ?? 'unknown');
    index++;
  }
  return onNew === 0 ? serving : new Map([[newLabel(plan), onNew], ...serving]);
}

/** Ids of the targets that were left out of the rollout. */
export function failedTargets(state: DeploymentState): string[] {
  return state.plan.targets.flatMap(({ id }, index) =>
    state.targets.get(index).failure === null ? [] : [id],
  );
}

/** What serves now, a line a release: `1.1.0 on 3 of 4 targets, 75 % of traffic`; and what does not. */
export function servingLines(state: DeploymentState, paint: Paint): string[] {
  const { share } = fleetOf(state);
  const total = state.plan.targets.length - goneTargets(state);
  const serving = servingByRelease(state);
  const release = newLabel(state.plan);
  const lines = [...serving].map(([label, count]) => {
    const percent = label === release ? share : 100 - (share ?? 0);
    // Several old releases get the rest together: what each of them gets is not known.
    const isKnown = state.plan.capabilities.routed && share !== null && serving.size <= 2;
    const traffic = isKnown && percent !== null ? `, ${formatTraffic(percent)}` : '';
    return `${label} on ${formatCount(count)} of ${counted(total, 'target')}${traffic}`;
  });
  const named = (words: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : [paint.bad(`${words} ${idList(ids, paint.symbols.ellipsis)}`)];
  const idle = idleTargets(state).map((index) => state.plan.targets[index]?.id ?? '');
  const unseen = unseenTargets(state);
  return [...lines, ...named('nothing on', idle), ...named('nobody can see what is on', unseen)];
}

/** Ids of the targets that could not be reached, and are not known to serve. */
export function unseenTargets({ plan, targets }: DeploymentState): string[] {
  return plan.targets.flatMap(({ id }, index) => {
    const target = targets.get(index);
    return isUnreachable(target) && !isAvailable(target) ? [id] : [];
  });
}

/** Targets that were to leave and have. */
function goneTargets({ plan, targets }: DeploymentState): number {
  return plan.targets.filter(({ leaving }, index) => leaving === true && !isAvailable(targets.get(index)))
    .length;
}

/** Indexes of the targets that should serve and do not. */
export function idleTargets(state: DeploymentState): number[] {
  const idle: number[] = [];
  for (const [index, planned] of state.plan.targets.entries()) {
    const target = state.targets.get(index);
    if (planned.leaving === true || isAvailable(target) || isUnreachable(target)) continue;
    idle.push(index);
  }
  return idle;
}

function formatTraffic(percent: number): string {
  return percent === 100 ? 'all traffic' : `${formatPercent(percent)} of traffic`;
}
