/** Promise 2, and what is asked of every simulation because of it. */
import { currentStep, type DeploymentState, type TargetState } from '../../../domain/state.ts';
import type { Promised } from '../invariants.ts';

export const THE_OLD_STAYS: Promised = {
  number: 2,
  name: 'The old stays',
  text: 'The old release is never retired before the new one is verified, and the last good release is pinned on every target until a newer one is good. Rollback never kills the only healthy copy.',
  invariants: [
    {
      says: 'the old is not retired before the new is verified',
      ofEffect({ call, target, release }, state) {
        if (state.direction === 'back' || release === state.plan.release.id) return null;
        if (call !== 'stop' && call !== 'drain') return null;
        const step = currentStep(state);
        if (step?.kind === 'retire') {
          const asks = state.steps.some((one) => one.kind === 'verify');
          if (asks && !state.verified) return 'the plan was not verified yet';
          if (state.plan.targets[state.indexOf.get(target ?? '') ?? -1]?.leaving) return null;
        }
        if (step?.kind === 'update' && step.mode === 'in-place') return null;
        if (step?.kind === 'update' && step.mode === 'beside') return 'it was to stay beside the new';
        const there = targetOf(state, target)?.new;
        return there === 'serving' ? null : `the new is only ${there} there`;
      },
    },
    {
      says: 'what a target ran before stays on it',
      ofEffect({ call, target, keep = [] }, state) {
        if (call !== 'prune') return null;
        const from = state.plan.targets[state.indexOf.get(target ?? '') ?? -1]?.from ?? null;
        return from === null || keep.includes(from) ? null : `${from} was pruned`;
      },
    },
    {
      says: 'what runs on a target stays on it',
      ofEffect({ call, target, keep = [], runs }) {
        if (call !== 'prune') return null;
        const lost = runs.filter((release) => !keep.includes(release));
        return lost.length === 0 ? null : `${lost.join(', ')} runs on ${target} and was to be pruned`;
      },
    },
    {
      says: 'a rollback does not stop the only healthy copy on a target',
      ofEffect({ call, target, release, before, after }, state) {
        if (state.direction === 'forward' || release !== state.plan.release.id) return null;
        if (call !== 'stop' && call !== 'drain') return null;
        const step = currentStep(state);
        if (step?.kind === 'update' && step.mode === 'in-place') return null;
        const planned = state.plan.targets[state.indexOf.get(target ?? '') ?? -1];
        if (planned === undefined || planned.from === null) return null;
        // Without a bound on availability nobody looks after the old; and what was never admitted serves nobody.
        const phase = targetOf(state, target)?.new;
        if (state.plan.policy.minAvailable === 0 || phase === 'attempted' || phase === 'started') return null;
        return after.serving >= before.serving ? null : 'it was the only one that served there';
      },
    },
  ],
};

function targetOf(state: DeploymentState, id: string | null): TargetState | undefined {
  const index = id === null ? undefined : state.indexOf.get(id);
  return index === undefined ? undefined : state.targets.get(index);
}
