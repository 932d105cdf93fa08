/**
 * `decide(state, now)`: what happens next. Pure: no clock, no I/O, no chance.
 *
 * A table of rules; the first whose condition holds decides. A decision is a list of events to append (an
 * `operations-started` among them is what the engine then performs), whether to cut short what is under
 * way, and when to ask again if nothing happens before.
 *
 *   state               | exits
 *   --------------------|--------------------------------------------------------------------------
 *   ended               | none
 *   operation overdue   | it has failed with "timed out"
 *   turning, busy       | what is under way is cut short
 *   turning, settled    | rollback, also a second time to restore the old first | paused | stopped: only the
 *                       | hooks for a failure are left | finished (failed), where there are none
 *   paused              | a signal wakes it; at the deadline it turns back
 *   between two steps   | the next step | finished (completed, rolled-back, aborted, failed)
 *   in a step, failed   | step-failed, then turning
 *   in a step, done     | step-finished
 *   in a step           | operations of the step
 */
import { decideStep } from './decide-step.ts';
import type { Decision } from './decision.ts';
import type { Cause } from './event.ts';
import type { Outcome } from './operation.ts';
import { outcomeOf } from './outcome.ts';
import { restoringSteps, rollbackSteps } from './rollback.ts';
import { currentStep, type DeploymentState, FLEET } from './state.ts';

interface Rule {
  readonly when: (state: DeploymentState, now: number) => boolean;
  readonly decide: (state: DeploymentState, now: number) => Decision;
}

const RULES: readonly Rule[] = [
  { when: (state) => state.phase === 'ended', decide: () => ({ events: [] }) },
  { when: (state, now) => nextDeadline(state) <= now, decide: timeOut },
  { when: (state) => state.turn !== null && isBusy(state), decide: cutShort },
  { when: (state) => state.turn !== null, decide: turn },
  { when: (state) => state.paused !== null, decide: stayPaused },
  { when: (state) => state.step === null && currentStep(state) === null, decide: finish },
  { when: (state) => state.step === null, decide: startStep },
  { when: () => true, decide: decideStep },
];

/** What to do in `state` at `now` (milliseconds since the epoch). */
export function decide(state: DeploymentState, now: number): Decision {
  for (const rule of RULES) {
    if (!rule.when(state, now)) continue;
    const decision = rule.decide(state, now);
    const wakeAt = Math.min(decision.wakeAt ?? Infinity, nextDeadline(state));
    return wakeAt === Infinity ? decision : { ...decision, wakeAt };
  }
  throw new TypeError('no rule fits');
}

function isBusy(state: DeploymentState): boolean {
  return state.step !== null && state.step.active.size > 0;
}

/** At its deadline an operation is cut short, and has this long to say what it saw; then it is given up. */
export const LAST_WORDS_MS = 2_000;

/** When the first operation under way is given up. */
function nextDeadline(state: DeploymentState): number {
  let deadline = Infinity;
  if (state.step === null || state.phase === 'ended') return deadline;
  const { timeoutsMs } = state.plan.policy;
  for (const active of state.step.active.values()) {
    deadline = Math.min(deadline, active.startedAt + timeoutsMs[active.operation] + LAST_WORDS_MS);
  }
  return deadline;
}

function timeOut(state: DeploymentState, now: number): Decision {
  const outcomes: Outcome[] = [];
  for (const [key, active] of state.step?.active ?? []) {
    const timeoutMs = state.plan.policy.timeoutsMs[active.operation];
    if (active.startedAt + timeoutMs + LAST_WORDS_MS > now) continue;
    outcomes.push({
      target: key === FLEET ? null : key,
      operation: active.operation,
      ok: false,
      tookMs: now - active.startedAt,
      error: `${active.operation} timed out after ${timeoutMs} ms`,
    });
  }
  return { events: [{ type: 'operations-finished', at: now, outcomes }] };
}

function cutShort(): Decision {
  return { events: [], cancel: true };
}

/** Everything has settled: take the turn. */
function turn(state: DeploymentState, now: number): Decision {
  const { cause, into } = state.turn as NonNullable<DeploymentState['turn']>;
  switch (into) {
    case 'rollback':
      return { events: [{ type: 'rollback-started', at: now, cause, steps: rollbackSteps(state) }] };
    case 'pause':
      return { events: [{ type: 'paused', at: now, cause }] };
    case 'stop': {
      const steps = restoringSteps(state);
      if (steps === null) return stop(state, now, cause);
      return { events: [{ type: 'rollback-started', at: now, cause: state.turnedBackFor ?? cause, steps }] };
    }
  }
}

/** Nothing more is moved. A rollback that cannot be finished has not run its hooks yet: they come last in it. */
function stop({ plan }: DeploymentState, now: number, cause: Cause): Decision {
  const steps = plan.hooksOnFailure;
  if (steps.length > 0) return { events: [{ type: 'stopped', at: now, cause, steps }] };
  return { events: [{ type: 'deployment-finished', at: now, outcome: 'failed', cause }] };
}

function stayPaused(state: DeploymentState, now: number): Decision {
  const paused = state.paused as NonNullable<DeploymentState['paused']>;
  const deadline = paused.since + state.plan.policy.pauseTimeoutMs;
  if (now < deadline) return { events: [], wakeAt: deadline };
  const { pauseTimeoutMs } = state.plan.policy;
  const { message: why } = paused.cause;
  // With no time at all there was nobody to wait for.
  const message = pauseTimeoutMs === 0 ? why : `nobody resumed it within ${pauseTimeoutMs} ms (${why})`;
  const cause: Cause = { ...paused.cause, kind: 'deadline', message };
  return { events: [{ type: 'step-failed', at: now, step: state.position, cause }] };
}

function startStep(state: DeploymentState, now: number): Decision {
  return { events: [{ type: 'step-started', at: now, step: state.position }] };
}

function finish(state: DeploymentState, now: number): Decision {
  const outcome = outcomeOf(state);
  const cause = outcome === 'aborted' ? state.aborted : state.cause;
  return {
    events: [{ type: 'deployment-finished', at: now, outcome, ...(cause === null ? {} : { cause }) }],
  };
}
