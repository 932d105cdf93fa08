/** Promise 7, and what is asked of every simulation because of it. */
import { currentStep, type DeploymentState, type InstancePhase } from '../../../domain/state.ts';
import type { DeploymentSummary } from '../../../domain/summary.ts';
import { firstWrong, whereBeliefFails } from '../compare-with-world.ts';
import type { Promised } from '../invariants.ts';
import { passedWithoutAnswer } from '../order-of-events.ts';

/** The instances of the new release that a check asks. */
const ASKED: readonly InstancePhase[] = ['healthy', 'serving', 'failing'];

export const THE_TRUTH_IS_SEEN: Promised = {
  number: 7,
  name: 'The truth is observed',
  text: 'What runs where comes from looking, not from memory. No data is not good and not bad: it is its own verdict.',
  invariants: [
    {
      says: 'lists say the same as the deployment itself',
      ofState(state, summary) {
        const phase = phaseOf(state);
        if (summary.phase !== phase) return `they say ${summary.phase}, it is ${phase}`;
        return summary.outcome === state.outcome
          ? null
          : `they say ${summary.outcome}, it is ${state.outcome}`;
      },
    },
    {
      says: 'what the state says of a target is what is there',
      atEnd: ({ state, world }) => firstWrong(state, (index) => whereBeliefFails(state, index, world)),
    },
    {
      says: 'no step that asks is passed without an answer',
      atEnd: ({ events, state }) => passedWithoutAnswer(events, state),
    },
    {
      says: 'nothing is verified while a new instance is known to be unhealthy',
      ofState({ plan, steps, position, targets, direction }) {
        const isPast = direction === 'forward' && steps[position - 1]?.kind === 'verify';
        if (!isPast || !plan.capabilities.checked) return null;
        const sick = [...targets].findIndex((target) => target.new === 'failing' && target.failure === null);
        return sick < 0 ? null : `${plan.targets[sick]?.id} was`;
      },
    },
    {
      says: 'what the checks pass was asked, and was well',
      ofEvent({ event, before, watch, world }) {
        if (event.type !== 'operations-finished' || !before.plan.capabilities.checked) return null;
        const passed = event.outcomes.find((one) => one.operation === 'check' && one.verdict === 'pass');
        if (passed === undefined) return null;
        const release = before.plan.release.id;
        return firstWrong(before, (index, { id }) => {
          if (passed.seen?.some((one) => one.target === index && one.unreachable !== undefined)) return null;
          const phase = before.targets.get(index).new;
          const instance = world.instance(id, release);
          const asItWas = instance && watch.asked.get(instance);
          if (!instance || !asItWas || !ASKED.includes(phase)) return null;
          const isSick = instance.healthyAt === Infinity || instance.sickSince === asItWas.sickSince;
          if (asItWas.sickSince !== null && isSick) return 'was unhealthy all the time';
          return instance.answers > asItWas.answers ? null : 'has given no answer';
        });
      },
    },
    {
      says: 'what the checks fail was not well',
      ofEvent({ event, before, watch, world, isLate }) {
        // Whoever stood still takes an answer for late that was in time.
        if (event.type !== 'operations-finished' || isLate) return null;
        if (!event.outcomes.some((one) => one.operation === 'check' && one.verdict === 'fail')) return null;
        const release = before.plan.release.id;
        const isSomebodySick = before.plan.targets.some(({ id }, index) => {
          if (!ASKED.includes(before.targets.get(index).new)) return false;
          const instance = world.instance(id, release);
          const asItWas = instance && watch.asked.get(instance);
          if (!asItWas || instance.state === 'exited' || instance.restarts > 0) return true;
          return instance.badAnswers > asItWas.badAnswers;
        });
        return isSomebodySick ? null : 'every new instance runs, and none gave a bad answer';
      },
    },
    {
      says: 'what got no answer has not failed',
      ofEvent({ event, before, watch }) {
        if (event.type !== 'step-failed' || event.cause.kind !== 'failure') return null;
        const kind = currentStep(before)?.kind;
        if (kind !== 'verify' && kind !== 'bake') return null;
        // Too many could not be asked at all: they count as failed.
        if (before.failures > before.plan.policy.maxFailures) return null;
        return watch.verdict === 'fail' ? null : `${kind} failed with the verdict ${watch.verdict}`;
      },
    },
    {
      says: 'a bake is watched to its end',
      ofEvent({ event, before, watch, isLate }) {
        const step = currentStep(before);
        if (event.type !== 'step-finished' || step?.kind !== 'bake' || isLate || watch.wasLeft) return null;
        const { capabilities, policy } = before.plan;
        if (!capabilities.checked || before.step?.promoted || before.promotedFully) return null;
        const unseenMs = event.at - watch.lookedAt;
        return unseenMs <= policy.checkIntervalMs ? null : `nobody looked in its last ${unseenMs} ms`;
      },
    },
  ],
};

function phaseOf(state: DeploymentState): DeploymentSummary['phase'] {
  if (state.phase === 'ended') return 'ended';
  if (state.direction === 'back') return 'rolling-back';
  return state.paused === null ? 'running' : 'paused';
}
