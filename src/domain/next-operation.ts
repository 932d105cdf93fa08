/**
 * What a step still has to do on one target, read off the target's state alone. Because it depends on
 * nothing else, going on after a crash, a retry or a half-done rollback needs no memory of its own.
 */
import type { TargetOperationName } from './operation.ts';
import type { Capabilities } from './plan.ts';
import { type InstancePhase, isUnreachable, type TargetState } from './state.ts';
import type { Side, Step, UpdateStep } from './step.ts';

export interface NextOperation {
  readonly operation: TargetOperationName;
  readonly side: Side;
}

/** The next operation of `step` on a target; `null` when nothing is left to do there. */
export function nextOperation(
  step: Step,
  target: TargetState,
  had: { readonly from: string | null; readonly leaving?: true },
  can: Capabilities,
): NextOperation | null {
  switch (step.kind) {
    case 'stage':
      return target.staged ? null : { operation: 'stage', side: 'new' };
    case 'update':
      return nextOfUpdate(step, target, can);
    case 'retire':
      return step.side === 'old' ? nextOfRetireOld(target, had, can) : nextOfRetireNew(target, had, can);
    default:
      return null;
  }
}

function nextOfUpdate(step: UpdateStep, target: TargetState, can: Capabilities): NextOperation | null {
  const to: Side = step.direction === 'forward' ? 'new' : 'old';
  const away: Side = to === 'new' ? 'old' : 'new';
  switch (step.mode) {
    case 'beside':
      return bringUp(to, target[to]);
    case 'surge':
      return bringUp(to, target[to]) ?? takeDown(away, target[away], can);
    case 'in-place': {
      const room = makeRoom(away, target[away], can);
      if (room === null) return bringUp(to, target[to]);
      return step.direction === 'back' && isOutOfSight(target) ? null : room;
    }
  }
}

/** What cannot be looked at may be well: it is not taken down, as nothing could be started in its place. */
function isOutOfSight(target: TargetState): boolean {
  return target.unseen === true && target.new === 'failing';
}

/** The old goes only where the new serves: a target that failed keeps what it had, and only that. */
function nextOfRetireOld(
  target: TargetState,
  had: { readonly leaving?: true },
  can: Capabilities,
): NextOperation | null {
  if (target.new !== 'serving' && had.leaving !== true) {
    return target.failure !== null && target.old === 'serving' ? takeDown('new', target.new, can) : null;
  }
  const down = takeDown('old', target.old, can);
  if (down !== null) return down;
  // Also where nothing is staged: what an earlier deployment left running beside the two is cleared away.
  return target.pruned || !(can.staged || can.beside) ? null : { operation: 'prune', side: 'old' };
}

/** Never takes down the only copy that may serve; that includes what was there before the plan. Then its files go. */
function nextOfRetireNew(
  target: TargetState,
  had: { readonly from: string | null; readonly leaving?: true },
  can: Capabilities,
): NextOperation | null {
  const onlyCopy = had.from !== null && target.old !== 'serving';
  if (onlyCopy && mayServe(target.new)) return null;
  // What cannot be looked at may be well.
  if (onlyCopy && target.new === 'failing' && isUnreachable(target)) return null;
  const down = takeDown('new', target.new, can);
  if (down !== null) return down;
  // A copy on a target that cannot be reached is deleted by the next deployment that comes there.
  if (isUnreachable(target)) return null;
  // A copy that failed to be staged may be there in part; a target that leaves never had one.
  return target.pruned || !can.staged || had.leaving === true ? null : { operation: 'prune', side: 'new' };
}

/** It is well, and an `admit` that failed may have let it in, or a `drain` that failed may have left it in. */
function mayServe(phase: InstancePhase): boolean {
  return phase === 'serving' || phase === 'healthy' || phase === 'draining';
}

function bringUp(side: Side, phase: InstancePhase): NextOperation | null {
  switch (phase) {
    case 'none':
    case 'attempted':
    // It ran when it was last seen. To start what runs does nothing.
    case 'failing':
    case 'draining':
    case 'drained':
      return { operation: 'activate', side };
    case 'started':
      return { operation: 'probe', side };
    case 'healthy':
      return { operation: 'admit', side };
    case 'serving':
      return null;
  }
}

function takeDown(side: Side, phase: InstancePhase, can: Capabilities): NextOperation | null {
  switch (phase) {
    case 'none':
      return null;
    case 'serving':
    case 'failing':
    case 'draining':
    // An admit that failed, or was cut short, may have let it in all the same; so was what is brought up again.
    case 'healthy':
    case 'started':
      return { operation: can.routed ? 'drain' : 'stop', side };
    case 'attempted':
    case 'drained':
      return { operation: 'stop', side };
  }
}

/** Where two releases cannot run side by side, activating the one replaces the other: only drain before. */
function makeRoom(side: Side, phase: InstancePhase, can: Capabilities): NextOperation | null {
  if (can.beside) return takeDown(side, phase, can);
  const next = takeDown(side, phase, can);
  return next?.operation === 'drain' ? next : null;
}
