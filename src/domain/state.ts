/**
 * The state of a deployment: what its events add up to. Built only by `evolve`, read by `decide` and by
 * everything that shows a deployment. Nothing in it is mutable.
 */
import type { Cause, DeploymentOutcome } from './event.ts';
import type { OperationName, Verdict } from './operation.ts';
import { PersistentArray } from './persistent-array.ts';
import { isUnchanged, type Plan } from './plan.ts';
import type { Direction, Side, Step } from './step.ts';

/**
 * How far one release is on one target:
 * - `none`: not running.
 * - `attempted`: it was tried to start, stop or replace it; it may run or not.
 * - `started`, `healthy`: running without traffic, its health not yet known / known to be good. One whose
 *   `admit` failed is still `healthy`, and may get traffic all the same, until a look at the router tells.
 * - `serving`: running, healthy, gets traffic. Only these count as available.
 * - `failing`: may get traffic but was seen to be unhealthy: nothing to protect.
 * - `draining`, `drained`: running, gets no new traffic.
 */
export type InstancePhase =
  | 'none'
  | 'attempted'
  | 'started'
  | 'healthy'
  | 'serving'
  | 'failing'
  | 'draining'
  | 'drained';

export interface TargetState {
  readonly staged: boolean;
  readonly new: InstancePhase;
  readonly old: InstancePhase;
  /** Why it is left out of the rollout: an operation on it failed for good. */
  readonly failure: Cause | null;
  /** In this direction, what is not to be kept was deleted. */
  readonly pruned: boolean;
  /** The last look could not see it; what is said of it here is from before. */
  readonly unseen?: true;
}

/** The key of an operation on the whole fleet, where those on targets have the target's index. */
export const FLEET = -1;

/** An operation under way. */
export interface ActiveOperation {
  readonly operation: OperationName;
  readonly side: Side;
  readonly attempt: number;
  readonly startedAt: number;
}

/** A target whose next operation can start, or be tried again, from `notBefore` on. */
export interface WaitingOperation {
  readonly attempt: number;
  readonly notBefore: number;
  readonly recover: boolean;
}

/** Somebody's yes at a gate. */
export interface Approval {
  readonly by: string;
  /** It was given with `promote`. */
  readonly promoted?: true;
}

/** The step under way. */
export interface StepProgress {
  readonly startedAt: number;
  /** Indexes of the targets it is about; empty for a step on the whole fleet. */
  readonly targets: readonly number[];
  /** Targets before this position have been begun. */
  readonly begun: number;
  /** Under way and waiting, by target index, or `FLEET`. */
  readonly active: ReadonlyMap<number, ActiveOperation>;
  readonly waiting: ReadonlyMap<number, WaitingOperation>;
  readonly done: number;
  readonly failed: number;
  /** When an operation other than a look last started or ended, or a pause ended. */
  readonly changedAt: number;
  /** Time spent paused: deadlines do not run meanwhile. */
  readonly pausedMs: number;
  /** When the fleet was last looked at in this step; `null` also when that was before a pause or a crash. */
  readonly observedAt: number | null;
  /** Of the checks in a bake or verify, the last one; `fail` also when a shift, hook or look failed. */
  readonly verdict: Verdict | null;
  /** What that `fail` was. */
  readonly failure: Cause | null;
  readonly checkedAt: number | null;
  /** Of a gate: each yes, one a person, and who said no. `gateOf` tells how that stands. */
  readonly approvals: readonly Approval[];
  readonly rejectedBy: string | null;
  /** Of a shift: targets whose new release was ill when it was last refused. */
  readonly ill: readonly number[];
  /** Of a shift or hook: it has been done. */
  readonly performed: boolean;
  /** A person wants to go on without the rest of this bake. */
  readonly promoted: boolean;
  /** A person knows that the checks of this step give no verdict, and wants to go on all the same. */
  readonly unjudged: boolean;
}

export interface Pause {
  readonly since: number;
  readonly cause: Cause;
}

/** The course is about to change: nothing new starts, what is under way settles, then it is done. */
export interface Turn {
  readonly cause: Cause;
  readonly into: 'rollback' | 'pause' | 'stop';
}

export interface DeploymentState {
  readonly id: string;
  readonly plan: Plan;
  readonly by: string;
  readonly phase: 'created' | 'running' | 'ended';
  readonly direction: Direction;
  /** The steps of the direction: the plan's, or those of the rollback. */
  readonly steps: readonly Step[];
  /** The step that is under way or next. */
  readonly position: number;
  readonly step: StepProgress | null;
  readonly targets: PersistentArray<TargetState>;
  /** Target ids to indexes. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** Targets with a serving instance. */
  readonly available: number;
  /** Targets that failed for good in this direction. */
  readonly failures: number;
  /** Share of the traffic that the new release gets; `null` while no split was set. */
  readonly split: number | null;
  readonly paused: Pause | null;
  readonly turn: Turn | null;
  /** It has failed and moves nothing any more; its steps are the hooks for a failure. */
  readonly stopped: boolean;
  /** Bakes are skipped from now on. */
  readonly promotedFully: boolean;
  /** Who asked for that: theirs is a yes at each gate to come that they may answer. */
  readonly promoters: readonly string[];
  /** A person has aborted it: nothing goes forward any more. */
  readonly aborted: Cause | null;
  /** The new release has passed the verify step. */
  readonly verified: boolean;
  /** Why it turned back, paused or failed. */
  readonly cause: Cause | null;
  /** Why it turned back first, whatever has failed since. */
  readonly turnedBackFor: Cause | null;
  readonly outcome: DeploymentOutcome | null;
  readonly controller: string | null;
  /** The last signal that was folded. */
  readonly lastSignal: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Events folded. */
  readonly seq: number;
}

/** The state right after `deployment-created`. */
export function initialState(id: string, plan: Plan, by: string): DeploymentState {
  const targets = plan.targets.map((target): TargetState => {
    const unchanged = isUnchanged(plan, target);
    return {
      staged: unchanged,
      new: unchanged ? 'serving' : 'none',
      old: unchanged || target.from === null ? 'none' : 'serving',
      failure: null,
      pruned: false,
    };
  });
  return {
    id,
    plan,
    by,
    phase: 'created',
    direction: 'forward',
    steps: plan.steps,
    position: 0,
    step: null,
    targets: PersistentArray.from(targets),
    indexOf: new Map(plan.targets.map((target, index) => [target.id, index])),
    available: targets.filter(isAvailable).length,
    failures: 0,
    split: null,
    paused: null,
    turn: null,
    stopped: false,
    promotedFully: false,
    promoters: [],
    aborted: null,
    verified: false,
    cause: null,
    turnedBackFor: null,
    outcome: null,
    controller: null,
    lastSignal: 0,
    startedAt: null,
    endedAt: null,
    seq: 1,
  };
}

/** Whether the target serves, on either side. */
export function isAvailable(target: TargetState): boolean {
  return target.new === 'serving' || target.old === 'serving';
}

/** Whether an operation on the target, or a look at it, has found that it cannot be reached. */
export function isUnreachable(target: TargetState): boolean {
  return target.failure?.unreachable === true;
}

/**
 * Healthy serving targets that our own actions must leave now: `minAvailable`, which gives way for targets that
 * served before the plan and cannot be reached any more, as far as the policy lets it.
 */
export function leastAvailable({ plan, targets }: DeploymentState): number {
  const { minAvailable, leastAvailable: least = minAvailable } = plan.policy;
  if (least >= minAvailable) return minAvailable;
  let lost = 0;
  for (const [index, planned] of plan.targets.entries()) {
    const target = targets.get(index);
    if (planned.from !== null && isUnreachable(target) && !isAvailable(target)) lost++;
  }
  return Math.max(least, minAvailable - lost);
}

/** The step under way or next, `null` after the last. */
export function currentStep(state: DeploymentState): Step | null {
  return state.steps[state.position] ?? null;
}
