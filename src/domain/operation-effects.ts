/** What an operation does to a target, as far as its state tells: while it is under way, and once it is done. */
import type { OperationName } from './operation.ts';
import type { Capabilities } from './plan.ts';
import type { InstancePhase, TargetState } from './state.ts';
import type { Side } from './step.ts';

/**
 * What a target is while the operation is under way, and also when it is never heard what came of it: the
 * conservative reading of what there is.
 */
export function underWay(
  target: TargetState,
  operation: OperationName,
  side: Side,
  can: Capabilities,
): TargetState {
  switch (operation) {
    case 'drain':
      return { ...target, [side]: 'draining' };
    case 'stop':
      return { ...target, [side]: 'attempted' };
    case 'activate': {
      const other: Side = side === 'new' ? 'old' : 'new';
      const replaced = !can.beside && target[other] !== 'none' ? { [other]: 'attempted' } : {};
      return { ...target, ...replaced, [side]: 'attempted' };
    }
    default:
      return target;
  }
}

/** What a target is once the operation has succeeded. */
export function succeeded(
  target: TargetState,
  operation: OperationName,
  side: Side,
  can: Capabilities,
): TargetState {
  switch (operation) {
    case 'stage':
      return { ...target, staged: true };
    case 'activate': {
      const other: Side = side === 'new' ? 'old' : 'new';
      const replaced = can.beside ? {} : { [other]: 'none' };
      return { ...target, ...replaced, [side]: afterActivate(can) };
    }
    case 'probe':
      return { ...target, [side]: can.routed ? 'healthy' : 'serving' };
    case 'admit':
      return { ...target, [side]: 'serving' };
    case 'drain':
      return { ...target, [side]: 'drained' };
    case 'stop':
      return { ...target, [side]: 'none' };
    case 'prune':
      return { ...target, pruned: true };
    default:
      return target;
  }
}

function afterActivate(can: Capabilities): InstancePhase {
  if (can.probed) return 'started';
  return can.routed ? 'healthy' : 'serving';
}
