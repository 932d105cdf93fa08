/** The part of `evolve` that folds what a look at the fleet has seen, and what could not be seen. */
import type { Cause } from './event.ts';
import { observed } from './observed.ts';
import type { Outcome, TargetObservation } from './operation.ts';
import {
  type ActiveOperation,
  type DeploymentState,
  isAvailable,
  isUnreachable,
  type TargetState,
  type WaitingOperation,
} from './state.ts';

/** What operations that have ended add up to. */
export interface Fold {
  readonly active: Map<number, ActiveOperation>;
  readonly waiting: Map<number, WaitingOperation>;
  readonly edits: Map<number, TargetState>;
  done: number;
  failed: number;
  /** Targets that failed for good in this direction, and had not before. */
  lost: number;
  available: number;
  cause: Cause | null;
}

/** Whether the look could not see a target that was in reach until now. */
export function losesATarget({ targets }: DeploymentState, { seen = [] }: Outcome): boolean {
  return seen.some((one) => one.unreachable !== undefined && !isUnreachable(targets.get(one.target)));
}

/** Every new instance was asked: what was seen to be unhealthy before is well again. */
export function believeInTheNew(state: DeploymentState, fold: Fold): void {
  for (let index = 0; index < state.targets.length; index++) {
    const before = state.targets.get(index);
    if (before.new !== 'failing') continue;
    fold.edits.set(index, { ...before, new: 'serving' });
    fold.available += Number(before.old !== 'serving');
  }
}

export function applyObservations(state: DeploymentState, outcome: Outcome, fold: Fold): void {
  for (const seen of outcome.seen ?? []) {
    const before = fold.edits.get(seen.target) ?? state.targets.get(seen.target);
    const { unseen: _was, ...known } = before;
    const after = {
      ...known,
      ...(seen.unreachable === undefined ? {} : { unseen: true as const }),
      old: observed(before.old, seen.old),
      new: observed(before.new, seen.new),
      failure: before.failure ?? lost(state, seen, fold),
    };
    fold.edits.set(seen.target, after);
    fold.available += Number(isAvailable(after)) - Number(isAvailable(before));
  }
}

/**
 * Why a target that cannot be looked at is left out from now on. On the way there it is one that has failed; on
 * the way back, where nothing may be left to do on it, only what cannot be done there is.
 */
function lost(state: DeploymentState, seen: TargetObservation, fold: Fold): Cause | null {
  const id = state.plan.targets[seen.target]?.id;
  if (seen.unreachable === undefined || id === undefined) return null;
  const failure: Cause = { kind: 'failure', message: seen.unreachable, target: id, unreachable: true };
  if (state.direction === 'back') return failure;
  // What is lost elsewhere does not count against a batch.
  if (state.step?.targets.includes(seen.target)) fold.failed++;
  fold.lost++;
  fold.cause ??= failure;
  return failure;
}

/** Where the new does not serve any more, the old is not retired; that is not to go unnoticed. */
export function failWhatKeepsTheOld(state: DeploymentState, fold: Fold): void {
  for (const [index, { id, leaving }] of state.plan.targets.entries()) {
    const before = fold.edits.get(index) ?? state.targets.get(index);
    if (leaving || before.failure !== null || before.new === 'none' || before.new === 'serving') continue;
    const message = 'not healthy any more when the old was to be retired, so the old stays';
    const failure: Cause = { kind: 'failure', message, target: id };
    fold.edits.set(index, { ...before, failure });
    fold.failed++;
    fold.lost++;
    fold.cause ??= failure;
  }
}
