/** Promise 6, and what is asked of every simulation because of it. */
import { currentStep, FLEET } from '../../../domain/state.ts';
import type { Promised } from '../invariants.ts';

/** What an operation has beyond its time to say what it saw. */
const LAST_WORDS_MS = 2_000;

export const EVERY_WAIT_ENDS: Promised = {
  number: 6,
  name: 'Every wait is bounded',
  text: 'Every deployment ends: completed, failed, rolled back, aborted, or waiting for a named person until a named deadline. Paused time does not count against deadlines.',
  ofTheWhole: ['every deployment ends'],
  invariants: [
    {
      says: 'it ends in one of the four ways',
      atEnd: ({ state }) =>
        state.phase === 'ended' && state.outcome !== null ? null : `it is ${state.phase}`,
    },
    {
      says: 'what nothing disturbs completes',
      atEnd({ state, isCalm }) {
        return !isCalm || state.outcome === 'completed' ? null : `${state.outcome}: ${state.cause?.message}`;
      },
    },
    {
      says: 'one call that fails, or whose answer is lost, ends nothing',
      atEnd({ state, onlyStrike }) {
        if (onlyStrike === null || state.plan.policy.maxAttempts === 1) return null;
        // A hook is not repeated, a check that is out of time is a bad answer, and time also passes for the frozen.
        if (/^(hook|check hangs|check slow|controller|journal)/.test(onlyStrike)) return null;
        return state.outcome === 'completed'
          ? null
          : `${onlyStrike}: ${state.outcome}, ${state.cause?.message}`;
      },
    },
    {
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
      says: 'no operation is waited for longer than its time',
      ofEvent({ event, before, isLate }) {
        if (event.type !== 'operations-finished' || isLate) return null;
        for (const { target, operation } of event.outcomes) {
          const active = before.step?.active.get(target ?? FLEET);
          if (active === undefined) continue;
          const tookMs = event.at - active.startedAt;
          const timeoutMs = before.plan.policy.timeoutsMs[operation];
          if (tookMs > timeoutMs + LAST_WORDS_MS) return `${operation} took ${tookMs} ms of ${timeoutMs} ms`;
        }
        return null;
      },
    },
    {
      says: 'a gate, a pause and a bake have their whole time, and what was paused does not count',
      ofEvent({ event, before, watch }) {
        const step = currentStep(before);
        if (event.type === 'step-failed' && event.cause.kind === 'deadline') {
          if (watch.pausedSince !== null) {
            return early('pause', event.at - watch.pausedSince, before.plan.policy.pauseTimeoutMs);
          }
          return step?.kind === 'gate' ? early('gate', watch.activeMs(event.at), step.deadlineMs) : null;
        }
        if (event.type !== 'step-finished' || step?.kind !== 'bake') return null;
        if (before.step?.promoted || before.promotedFully) return null;
        return early('bake', watch.activeMs(event.at), step.durationMs);
      },
    },
  ],
};

function early(what: string, tookMs: number, wholeMs: number): string | null {
  return tookMs >= wholeMs ? null : `the ${what} of ${wholeMs} ms was over after ${tookMs} ms`;
}
