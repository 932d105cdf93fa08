/**
 * What has to be true, promise by promise, said so that a machine can look: of every effect on the world as
 * it takes place, and of the whole once it has ended. Each function returns what is wrong, or `null`.
 */
import { isDeepStrictEqual } from 'node:util';
import { capacityFor } from '../../domain/amount.ts';
import type { DeploymentEvent } from '../../domain/event.ts';
import { countAvailable } from '../../domain/evolve.ts';
import { previewPlan } from '../../domain/preview.ts';
import { currentStep, type DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { firstWrong, whereBeliefFails, whereNotNew, whereNotRestored } from './compare-with-world.ts';
import type { Effect } from './effects.ts';
import { passedWithoutAnswer, stepsOutOfOrder } from './order-of-events.ts';
import type { Census, World } from './world.ts';

/** A deployment that has ended. */
export interface Ended {
  /** As the engine returned it. */
  readonly state: DeploymentState;
  /** As the journal folds. */
  readonly folded: DeploymentState;
  readonly world: World;
  /** The fleet before it. */
  readonly first: Census;
  readonly events: readonly DeploymentEvent[];
  /** The fewest targets that served, and the most on which two releases ran, right after any effect. */
  readonly fewestServing: number;
  readonly mostDoubled: number;
  /** Nothing in the world went wrong, and nobody but the plan had a say. */
  readonly isCalm: boolean;
  /** The same, of the rollback, and of what it goes back to. */
  readonly isRollbackCalm: boolean;
}

export interface Invariant {
  /** The promise of the design that it is a part of. */
  readonly promise: number;
  readonly says: string;
  /** @param state as the journal had it when the call was made; @param first the fleet before the deployment */
  readonly ofEffect?: (effect: Effect, state: DeploymentState, first: Census) => string | null;
  /** Asked whenever events have become durable. @param summary what lists show */
  readonly ofState?: (state: DeploymentState, summary: DeploymentSummary) => string | null;
  readonly atEnd?: (ended: Ended) => string | null;
}

export const INVARIANTS: readonly Invariant[] = [
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
        return state.verified || !asks ? null : 'the plan was not verified yet';
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
      const { plan } = state;
      if (!effect.aborted || effect.release !== plan.release.id) return null;
      const forward =
        effect.call === 'stage' ||
        effect.call === 'activate' ||
        effect.call === 'admit' ||
        (effect.call === 'shift' && state.direction === 'forward');
      return forward ? `${effect.call} of the new release was begun after the abort` : null;
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
    promise: 10,
    says: 'nothing is stopped while it gets traffic',
    ofEffect: ({ cutsTraffic }, { plan }) =>
      cutsTraffic && plan.capabilities.routed
        ? 'it was still in the pool, with a share of the traffic'
        : null,
  },
  {
    promise: 4,
    says: 'the journal folds to what the engine returned',
    atEnd({ state, folded }) {
      return isDeepStrictEqual(plainOf(state), plainOf(folded)) ? null : 'it folds to something else';
    },
  },
  {
    promise: 4,
    says: 'the books are right: the available targets, counted anew',
    ofState(state) {
      const available = countAvailable(state);
      return available === state.available ? null : `${state.available} in the books, ${available} counted`;
    },
  },
  {
    promise: 6,
    says: 'it ends in one of the four ways',
    atEnd: ({ state }) => (state.phase === 'ended' && state.outcome !== null ? null : `it is ${state.phase}`),
  },
  {
    promise: 6,
    says: 'what nothing disturbs completes',
    atEnd({ state, isCalm }) {
      return !isCalm || state.outcome === 'completed' ? null : `${state.outcome}: ${state.cause?.message}`;
    },
  },
  {
    promise: 6,
    says: 'a rollback that nothing disturbs succeeds',
    atEnd({ state, isRollbackCalm }) {
      if (!isRollbackCalm || state.direction === 'forward') return null;
      // In place, going back costs capacity too; where none is left to spare it waits, and then gives up.
      const { minAvailable } = state.plan.policy;
      if (minAvailable > 0 && state.available <= minAvailable) return null;
      return state.outcome !== 'failed' ? null : `failed: ${state.cause?.message}`;
    },
  },
  {
    promise: 7,
    says: 'lists say the same as the deployment itself',
    ofState(state, summary) {
      const phase = phaseOf(state);
      if (summary.phase !== phase) return `they say ${summary.phase}, it is ${phase}`;
      return summary.outcome === state.outcome ? null : `they say ${summary.outcome}, it is ${state.outcome}`;
    },
  },
  {
    promise: 7,
    says: 'what the state says of a target is what is there',
    atEnd: ({ state, world }) => firstWrong(state, (index) => whereBeliefFails(state, index, world)),
  },
  {
    promise: 7,
    says: 'no step that asks is passed without an answer',
    atEnd: ({ events, state }) => passedWithoutAnswer(events, state),
  },
  {
    promise: 8,
    says: 'the steps are taken one after the other, each once',
    atEnd: ({ events }) => stepsOutOfOrder(events),
  },
  {
    promise: 8,
    says: 'it needs no more room and leaves no fewer targets than the preview said',
    atEnd({ state, first, fewestServing, mostDoubled, isCalm }) {
      if (!isCalm) return null;
      const preview = previewPlan(state.plan);
      if (mostDoubled > preview.peakExtraInstances) {
        return `${mostDoubled} extra, not ${preview.peakExtraInstances}`;
      }
      const worst = first.serving - fewestServing;
      return worst <= preview.worstUnavailable ? null : `${worst} missing, not ${preview.worstUnavailable}`;
    },
  },
  {
    promise: 8,
    says: 'completed means that every wanted target serves the new, and nothing else runs',
    atEnd({ state, world }) {
      if (state.outcome !== 'completed') return null;
      return firstWrong(state, (index, planned) =>
        state.targets.get(index).failure !== null ? null : whereNotNew(state, planned, world),
      );
    },
  },
  {
    promise: 8,
    says: 'rolled back or aborted means that every target serves what it had',
    atEnd({ state, world }) {
      if (state.outcome !== 'rolled-back' && state.outcome !== 'aborted') return null;
      return firstWrong(state, (index, planned) => whereNotRestored(state, index, planned, world));
    },
  },
  {
    promise: 9,
    says: 'what did not complete says why',
    atEnd({ state }) {
      if (state.outcome === 'completed') return null;
      if (state.cause === null || state.cause.message === '') return 'there is no cause';
      const fits = state.outcome !== 'aborted' || state.cause.kind === 'abort';
      return fits ? null : `it was aborted, and the cause is ${state.cause.kind}`;
    },
  },
];

function phaseOf(state: DeploymentState): DeploymentSummary['phase'] {
  if (state.phase === 'ended') return 'ended';
  if (state.direction === 'back') return 'rolling-back';
  return state.paused === null ? 'running' : 'paused';
}

function targetOf(state: DeploymentState, id: string | null) {
  const index = id === null ? undefined : state.indexOf.get(id);
  return index === undefined ? undefined : state.targets.get(index);
}

/** A state as plain data, so that two can be compared. */
function plainOf(state: DeploymentState): unknown {
  return { ...state, targets: [...state.targets] };
}
