/** What has to be true of every effect on the world, promise by promise. */
import { capacityFor } from '../../domain/amount.ts';
import { currentStep, type DeploymentState, type TargetState } from '../../domain/state.ts';
import type { Effect } from './effects.ts';
import type { Invariant } from './invariants.ts';

export const INVARIANTS_OF_EFFECTS: readonly Invariant[] = [
  {
    promise: 1,
    says: 'no action of ours takes the healthy serving targets below minAvailable',
    ofEffect({ before, after, recovers }, { plan }, first) {
      // It was right when it was begun; what has failed since then was not our doing.
      if (recovers) return null;
      const least = Math.min(plan.policy.minAvailable, first.serving);
      if (after.serving >= before.serving || after.serving >= least) return null;
      return `${before.serving} targets served, now ${after.serving} of at least ${least}`;
    },
  },
  {
    promise: 1,
    says: 'a share of the traffic goes forward only to where it is carried',
    ofEffect({ call, percent = 0, after }, state) {
      const { plan, direction } = state;
      if (call !== 'shift' || direction === 'back' || percent === 0) return null;
      const wanted = plan.targets.filter((target) => target.leaving !== true).length;
      const needed = Math.min(capacityFor(percent, wanted), wanted - state.failures);
      const there = after.healthyOn.get(plan.release.id) ?? 0;
      return there >= needed ? null : `${percent} % went to ${there} healthy targets, it takes ${needed}`;
    },
  },
  {
    promise: 1,
    says: 'traffic goes back only to where somebody answers',
    ofEffect({ call, after }, { plan, direction }) {
      if (call !== 'shift' || direction === 'forward') return null;
      const onNew = after.healthyOn.get(plan.release.id) ?? 0;
      return after.serving > 0 || onNew === 0 ? null : 'nobody healthy gets traffic any more';
    },
  },
  {
    promise: 2,
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
      const there = targetOf(state, target)?.new;
      return there === 'serving' ? null : `the new is only ${there} there`;
    },
  },
  {
    promise: 2,
    says: 'what a target ran before stays on it',
    ofEffect({ call, target, keep = [] }, state) {
      if (call !== 'prune') return null;
      const from = state.plan.targets[state.indexOf.get(target ?? '') ?? -1]?.from ?? null;
      return from === null || keep.includes(from) ? null : `${from} was pruned`;
    },
  },
  {
    promise: 2,
    says: 'a rollback does not stop the only healthy copy on a target',
    ofEffect({ call, target, release, before, after }, state) {
      if (state.direction === 'forward' || call !== 'stop' || release !== state.plan.release.id) return null;
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
  {
    promise: 3,
    says: 'after an abort nothing moves any target to the new version',
    ofEffect(effect, state) {
      if (!effect.aborted || !movesForward(effect, state)) return null;
      return `${effect.call} of the new release was begun after the abort`;
    },
  },
  {
    promise: 3,
    says: 'an abort is heard within a second by whoever acts',
    ofEffect(effect, state) {
      const { abortAskedMs } = effect;
      if (abortAskedMs === null || abortAskedMs <= 1_000 || !movesForward(effect, state)) return null;
      return `${effect.call} of the new release was begun ${abortAskedMs} ms after somebody asked for it`;
    },
  },
  {
    promise: 5,
    says: 'only who holds the lease acts',
    ofEffect: ({ by, holder }) => (by === holder ? null : `${by} acts while ${holder ?? 'nobody'} holds it`),
  },
  {
    promise: 8,
    says: 'only the releases of the plan run, and two on one target only where that is possible',
    ofEffect({ after }, { plan }, first) {
      // What an earlier deployment left behind counts on top, until it is cleared away.
      const most = plan.capabilities.beside ? Math.max(2, first.mostOnOne + 1) : 1;
      return after.mostOnOne <= most ? null : `${after.mostOnOne} releases run on one target`;
    },
  },
  {
    promise: 8,
    says: 'who is let in gets the share of the traffic that was decided, and no other',
    ofEffect({ call, after }, { split }) {
      return call !== 'admit' || after.percent === split
        ? null
        : `the split is ${after.percent}, not ${split}`;
    },
  },
  {
    promise: 10,
    says: 'nothing is stopped while it gets traffic',
    ofEffect: ({ cutsTraffic }, { plan }) =>
      cutsTraffic && plan.capabilities.routed
        ? 'it was still in the pool, with a share of the traffic'
        : null,
  },
];

function movesForward(
  { call, target, release }: Effect,
  { plan, direction, indexOf }: DeploymentState,
): boolean {
  if (release !== plan.release.id) return false;
  if (call === 'shift') return direction === 'forward';
  // What ran the release before is brought back to it.
  if (plan.targets[indexOf.get(target ?? '') ?? -1]?.from === release) return false;
  return call === 'stage' || call === 'activate' || call === 'admit';
}

function targetOf(state: DeploymentState, id: string | null): TargetState | undefined {
  const index = id === null ? undefined : state.indexOf.get(id);
  return index === undefined ? undefined : state.targets.get(index);
}
