/** What has to be true of a deployment's state, and of the whole once it has ended, promise by promise. */
import { isDeepStrictEqual } from 'node:util';
import { countAvailable } from '../../domain/evolve.ts';
import { previewPlan } from '../../domain/preview.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import {
  firstWrong,
  whereBeliefFails,
  whereLeftInHalf,
  whereNotNew,
  whereNotRestored,
} from './compare-with-world.ts';
import type { Invariant } from './invariants.ts';
import { passedWithoutAnswer, passedWithoutApproval, stepsOutOfOrder } from './order-of-events.ts';

export const INVARIANTS_OF_ENDS: readonly Invariant[] = [
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
    says: 'one call that fails, or whose answer is lost, ends nothing',
    atEnd({ state, onlyStrike }) {
      if (onlyStrike === null || state.plan.policy.maxAttempts === 1) return null;
      // A hook is not repeated, a check that is out of time is a bad answer, and time also passes for the frozen.
      if (/^(hook|check hangs|controller|journal)/.test(onlyStrike)) return null;
      return state.outcome === 'completed'
        ? null
        : `${onlyStrike}: ${state.outcome}, ${state.cause?.message}`;
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
    promise: 7,
    says: 'nothing is verified while a new instance is known to be unhealthy',
    ofState({ plan, steps, position, targets, direction }) {
      const isPast = direction === 'forward' && steps[position - 1]?.kind === 'verify';
      if (!isPast || !plan.capabilities.checked) return null;
      const sick = [...targets].findIndex((target) => target.new === 'failing' && target.failure === null);
      return sick < 0 ? null : `${plan.targets[sick]?.id} was`;
    },
  },
  {
    promise: 8,
    says: 'a gate is passed only with a yes to this plan, of as many people as it takes, who may give it',
    atEnd: ({ events, state }) => passedWithoutApproval(events, state),
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
        state.targets.get(index).failure === null
          ? whereNotNew(state, planned, world)
          : whereLeftInHalf(state, index, planned, world),
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

/** A state as plain data, so that two can be compared. */
function plainOf(state: DeploymentState): unknown {
  return { ...state, targets: [...state.targets] };
}
