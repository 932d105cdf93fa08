/** What a deployment comes to: asked when its last step is over, and by hooks a little before. */
import type { Cause, DeploymentOutcome } from './event.ts';
import { isUnchanged } from './plan.ts';
import type { DeploymentState } from './state.ts';

/** How it ends if nothing more goes wrong. */
export function outcomeOf(state: DeploymentState): DeploymentOutcome {
  if (state.stopped) return 'failed';
  if (state.direction === 'forward') return 'completed';
  if (state.failures > 0 || leavesTheNew(state)) return 'failed';
  return state.aborted === null ? 'rolled-back' : 'aborted';
}

/** Where the new has taken the place of the old and cannot be reached any more, the way back has passed it over. */
function leavesTheNew({ plan, targets }: DeploymentState): boolean {
  return plan.targets.some((planned, index) => {
    if (planned.from === null || isUnchanged(plan, planned)) return false;
    const { new: now, old, unseen } = targets.get(index);
    return unseen === true && now === 'failing' && old !== 'serving' && old !== 'failing';
  });
}

/** The same once it is settled: nothing that is left can change it any more. `null` before. */
export function outcomeSoFar(state: DeploymentState): DeploymentOutcome | null {
  return isSettled(state) ? outcomeOf(state) : null;
}

/** Only hooks are left, behind what was to be achieved: one that fails does not change what it came to. */
export function isSettled({ steps, position, stopped, direction }: DeploymentState): boolean {
  if (stopped || direction === 'back') return steps.slice(position).every((step) => step.kind === 'hook');
  return steps.slice(0, position).some((step) => step.kind === 'retire');
}

/** The sentence that says why a deployment did not complete. */
export function sentenceOf(cause: Cause): string {
  return cause.target === undefined || cause.message.startsWith(cause.target)
    ? cause.message
    : `${cause.target}: ${cause.message}`;
}
