/** Promise 8, and what is asked of every simulation because of it. */
import { previewPlan } from '../../../domain/preview.ts';
import { isUnreachable } from '../../../domain/state.ts';
import {
  firstWrong,
  whereCopyIsLeft,
  whereLeftInHalf,
  whereNotNew,
  whereNotRestored,
} from '../compare-with-world.ts';
import type { Promised } from '../invariants.ts';
import { passedWithoutApproval, stepsOutOfOrder } from '../order-of-events.ts';

export const THE_PLAN_HAPPENS: Promised = {
  number: 8,
  name: 'The plan is what happens',
  text: 'What executes is the plan that was shown, step by step; a plan gone stale is refused.',
  invariants: [
    {
      says: 'only the releases of the plan run, and two on one target only where that is possible',
      ofEffect({ after }, { plan }, first) {
        // What an earlier deployment left behind counts on top, until it is cleared away.
        const most = plan.capabilities.beside ? Math.max(2, first.mostOnOne + 1) : 1;
        return after.mostOnOne <= most ? null : `${after.mostOnOne} releases run on one target`;
      },
    },
    {
      says: 'who is let in gets the share of the traffic that was decided, and no other',
      ofEffect({ call, after }, { split }) {
        return call !== 'admit' || after.percent === split
          ? null
          : `the split is ${after.percent}, not ${split}`;
      },
    },
    {
      says: 'the steps are taken one after the other, each once',
      atEnd: ({ events }) => stepsOutOfOrder(events),
    },
    {
      says: 'a gate is passed only with a yes to this plan, of as many people as it takes, who may give it',
      atEnd: ({ events, state }) => passedWithoutApproval(events, state),
    },
    {
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
      says: 'rolled back or aborted means that every target serves what it had',
      atEnd({ state, world }) {
        if (state.outcome !== 'rolled-back' && state.outcome !== 'aborted') return null;
        return firstWrong(state, (index, planned) => whereNotRestored(state, index, planned, world));
      },
    },
    {
      says: 'a rollback that nothing disturbs leaves no copy of what it took back',
      atEnd({ state, world, isRollbackCalm }) {
        if (!isRollbackCalm || state.direction === 'forward' || state.outcome === 'failed') return null;
        return firstWrong(state, (index, planned) => {
          const isAway = isUnreachable(state.targets.get(index));
          return isAway ? null : whereCopyIsLeft(state, planned, world);
        });
      },
    },
    {
      says: 'a target gets no release but those of the plan',
      ofEffect({ call, target, release }, { plan, indexOf }) {
        if (call !== 'stage' && call !== 'activate' && call !== 'admit') return null;
        const from = plan.targets[indexOf.get(target ?? '') ?? -1]?.from;
        return release === plan.release.id || release === from ? null : `it ran ${from ?? 'nothing'} before`;
      },
    },
    {
      says: 'no more operations are under way than the plan allows',
      ofState({ step, plan }) {
        const active = step?.active.size ?? 0;
        return active <= plan.policy.concurrency ? null : `${active} instead of ${plan.policy.concurrency}`;
      },
    },
    {
      says: 'no step is begun with more failed targets than the plan allows',
      ofEvent({ event, before }) {
        if (event.type !== 'step-started' || before.direction === 'back' || before.stopped) return null;
        if (before.steps.slice(0, event.step).some((step) => step.kind === 'retire')) return null;
        const failed = [...before.targets].filter((target) => target.failure !== null).length;
        const { maxFailures } = before.plan.policy;
        return failed <= maxFailures ? null : `${failed} have failed, ${maxFailures} may`;
      },
    },
  ],
};
