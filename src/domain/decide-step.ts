/** The part of `decide` for a step that is under way: one row a kind of step. */
import { tolerated } from './amount.ts';
import type { Decision } from './decision.ts';
import type { Cause } from './event.ts';
import { approvedBy, deadlineOf, type GateStanding, gateOf } from './gate.ts';
import { nextOperation } from './next-operation.ts';
import type { FleetOperationName, Intent } from './operation.ts';
import { isSettled } from './outcome.ts';
import {
  currentStep,
  type DeploymentState,
  FLEET,
  isAvailable,
  isUnreachable,
  leastAvailable,
  type StepProgress,
  type TargetState,
} from './state.ts';
import type { BakeStep, GateStep, Side, Step, StepKind } from './step.ts';

type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;
type Deciders = {
  readonly [K in StepKind]: (context: StepContext<StepOf<K>>) => Decision;
};

interface StepContext<S extends Step> {
  readonly state: DeploymentState;
  readonly step: S;
  readonly progress: StepProgress;
  readonly now: number;
}

const DECIDERS: Deciders = {
  stage: onTargets,
  update: onTargets,
  retire: onTargets,
  shift: (context) => onFleet(context, 'shift'),
  hook,
  bake,
  gate,
  verify,
};

/** What a step that is under way needs next. */
export function decideStep(state: DeploymentState, now: number): Decision {
  const step = currentStep(state);
  if (step === null || state.step === null) throw new TypeError('no step is under way');
  const decider = DECIDERS[step.kind] as (context: StepContext<Step>) => Decision;
  return decider({ state, step, progress: state.step, now });
}

function finished({ state, now }: StepContext<Step>, note?: string): Decision {
  const noted = note === undefined ? {} : { note };
  return { events: [{ type: 'step-finished', at: now, step: state.position, ...noted }] };
}

function failed({ state, now }: StepContext<Step>, cause: Cause): Decision {
  return { events: [{ type: 'step-failed', at: now, step: state.position, cause }] };
}

function start({ now }: StepContext<Step>, intents: readonly Intent[]): Decision {
  return { events: [{ type: 'operations-started', at: now, intents }] };
}

function lastFailure(state: DeploymentState): Cause {
  return state.step?.failure ?? state.cause ?? { kind: 'failure', message: 'an operation failed' };
}

/* Steps on targets: stage, update, retire. */

function onTargets(context: StepContext<Step>): Decision {
  const { state, step, progress } = context;
  const { policy } = state.plan;
  // A look that failed does not hold up a retire: what it would have told is believed as it is.
  const blind = progress.verdict === 'fail';
  if (blind && step.kind !== 'retire') return failed(context, lastFailure(state));
  if (isOverBudget(context)) return failed(context, lastFailure(state));
  const costsCapacity = step.kind !== 'stage' && policy.minAvailable > 0;
  const isLooked = progress.observedAt !== null || blind;
  if ((costsCapacity || restores(step) || hasUnseen(context)) && !isLooked)
    return onFleet(context, 'observe');
  const { intents, blocked, wakeAt } = chooseOperations(context);
  if (intents.length > 0) return start(context, intents);
  if (progress.active.size > 0) return { events: [] };
  if (wakeAt !== Infinity) return { events: [], wakeAt };
  if (blocked) return waitForCapacity(context);
  const isIdle = step.kind === 'update' && progress.targets.length === 0 && step.targets.length > 0;
  return finished(context, isIdle ? 'nothing was done: left out, as failed before' : undefined);
}

/** On the way back it is looked once more at what could not be looked at: it may be there again. */
function hasUnseen({ state, step, progress }: StepContext<Step>): boolean {
  if (step.kind !== 'update' || step.direction !== 'back') return false;
  return progress.targets.some((index) => state.targets.get(index).unseen === true);
}

/** What is to be started beside the new again may be gone unnoticed, or be there after all. */
function restores(step: Step): boolean {
  return step.kind === 'update' && step.direction === 'back' && step.mode === 'beside';
}

/** Backwards, and once the new is verified, every target is tried; nothing is gained by giving up early. */
function isOverBudget({ state, step, progress }: StepContext<Step>): boolean {
  const { maxFailures, maxFailuresPerBatch } = state.plan.policy;
  if (state.direction === 'back' || state.stopped || step.kind === 'retire') return false;
  if (state.failures > maxFailures) return true;
  if (step.kind !== 'update' || maxFailuresPerBatch === undefined) return false;
  return progress.failed > tolerated(maxFailuresPerBatch, progress.targets.length);
}

interface Choice {
  readonly intents: Intent[];
  /** Something is left to do that would take a target too many out of service. */
  blocked: boolean;
  /** When the next retry is due. */
  wakeAt: number;
  available: number;
}

function chooseOperations(context: StepContext<Step>): Choice {
  const { state, progress, now } = context;
  const room = state.plan.policy.concurrency - progress.active.size;
  const choice: Choice = { intents: [], blocked: false, wakeAt: Infinity, available: state.available };
  for (const [key, waiting] of progress.waiting) {
    if (choice.intents.length >= room) return choice;
    if (key === FLEET) continue;
    if (waiting.notBefore > now) choice.wakeAt = Math.min(choice.wakeAt, waiting.notBefore);
    else choose(context, choice, key, waiting.attempt, waiting.recover);
  }
  for (let position = progress.begun; position < progress.targets.length; position++) {
    if (choice.intents.length >= room || choice.blocked) return choice;
    const index = progress.targets[position] as number;
    if (!progress.waiting.has(index)) choose(context, choice, index, 1, false);
  }
  return choice;
}

function choose(
  { state, step }: StepContext<Step>,
  choice: Choice,
  index: number,
  attempt: number,
  recover: boolean,
): void {
  const target = state.targets.get(index);
  const planned = state.plan.targets[index];
  const next = planned && nextOperation(step, target, planned, state.plan.capabilities);
  if (!next || isLeftOut(state, step, target)) return;
  if (takesOut(state, target, next.operation, next.side)) {
    const { minAvailable } = state.plan.policy;
    if (choice.available <= minAvailable && minAvailable > 0 && choice.available <= leastAvailable(state)) {
      choice.blocked = true;
      return;
    }
    choice.available--;
  }
  choice.intents.push({ target: index, ...next, attempt, ...(recover ? { recover: true } : {}) });
}

/** Forwards, a target that was found to be out of reach in the middle of the step is not waited for. */
function isLeftOut({ direction }: DeploymentState, step: Step, target: TargetState): boolean {
  return direction === 'forward' && step.kind !== 'retire' && isUnreachable(target);
}

/** Whether the operation ends the service of a target that serves now. */
function takesOut(state: DeploymentState, target: TargetState, operation: string, side: Side): boolean {
  if (!isAvailable(target)) return false;
  const other: Side = side === 'new' ? 'old' : 'new';
  if (operation === 'drain' || operation === 'stop') {
    return target[side] === 'serving' && target[other] !== 'serving';
  }
  return operation === 'activate' && !state.plan.capabilities.beside && target[other] === 'serving';
}

function waitForCapacity(context: StepContext<Step>): Decision {
  const { state, progress, now } = context;
  const { capacityTimeoutMs, checkIntervalMs } = state.plan.policy;
  const deadline = progress.changedAt + capacityTimeoutMs;
  const lookAt = (progress.observedAt ?? now) + checkIntervalMs;
  if (now < Math.min(deadline, lookAt)) return { events: [], wakeAt: Math.min(deadline, lookAt) };
  if (now < deadline) return onFleet(context, 'observe');
  return failed(context, {
    kind: 'failure',
    message: `going on would leave fewer than ${leastAvailable(state)} healthy targets (${state.available} now)`,
  });
}

/* Steps on the whole fleet: shift, hook; also the look before what costs capacity, and while it waits. */

function onFleet(context: StepContext<Step>, operation: FleetOperationName): Decision {
  const { state, progress } = context;
  if (progress.verdict === 'fail') return failed(context, lastFailure(state));
  if (progress.performed) return finished(context);
  if (progress.active.size > 0) return { events: [] };
  return startOnFleet(context, operation);
}

function startOnFleet(context: StepContext<Step>, operation: FleetOperationName): Decision {
  const waiting = context.progress.waiting.get(FLEET);
  if (waiting !== undefined && waiting.notBefore > context.now) {
    return { events: [], wakeAt: waiting.notBefore };
  }
  const recover = waiting?.recover ? ({ recover: true } as const) : {};
  const attempt = waiting?.attempt ?? 1;
  return start(context, [{ target: null, operation, side: 'new', attempt, ...recover }]);
}

/** What a rollout or rollback has come to is not changed any more because a hook after it failed. */
function hook(context: StepContext<StepOf<'hook'>>): Decision {
  const { state, progress } = context;
  if (isSettled(state) && progress.verdict === 'fail') return finished(context, lastFailure(state).message);
  return onFleet(context, 'hook');
}

/* Steps that ask: verify, bake, gate. */

function verify(context: StepContext<StepOf<'verify'>>): Decision {
  const { state, progress } = context;
  if (!state.plan.capabilities.checked) return finished(context, 'no checks are configured');
  if (progress.active.size > 0) return { events: [] };
  // Targets that cannot be asked count as failed, like any other.
  if (isOverBudget(context)) return failed(context, lastFailure(state));
  return progress.verdict === null ? startOnFleet(context, 'check') : judged(context);
}

function bake(context: StepContext<BakeStep>): Decision {
  const { state, step, progress, now } = context;
  const { policy, capabilities } = state.plan;
  if (progress.active.size > 0) return { events: [] };
  if (isOverBudget(context)) return failed(context, lastFailure(state));
  if (progress.verdict === 'fail') return judged(context);
  const skipped = progress.promoted || state.promotedFully;
  const endsAt = skipped ? now : progress.startedAt + progress.pausedMs + step.durationMs;
  if (!capabilities.checked) {
    return now >= endsAt ? finished(context) : { events: [], wakeAt: endsAt };
  }
  // A question that found no answer yet is asked again before the bake is over.
  const isOpen = progress.verdict === null || progress.waiting.has(FLEET);
  if (now >= endsAt) return isOpen ? startOnFleet(context, 'check') : judged(context);
  const checkAt = (progress.checkedAt ?? -Infinity) + policy.checkIntervalMs;
  return now >= checkAt ? startOnFleet(context, 'check') : { events: [], wakeAt: Math.min(checkAt, endsAt) };
}

/** No data is not good and not bad: a person decides, until the deadline of the pause. */
function judged(context: StepContext<Step>): Decision {
  const { state, progress, now } = context;
  if (progress.verdict === 'pass') return finished(context);
  if (progress.verdict === 'fail') return failed(context, lastFailure(state));
  if (progress.unjudged) return finished(context, 'promoted without a verdict');
  const message = 'the checks gave no verdict';
  return { events: [{ type: 'paused', at: now, cause: { kind: 'inconclusive', message } }] };
}

function gate(context: StepContext<GateStep>): Decision {
  const { state, step, progress, now } = context;
  if (progress.rejectedBy !== null) {
    return failed(context, {
      kind: 'rejected',
      message: `"${step.name}" rejected by ${progress.rejectedBy}`,
    });
  }
  const { approvals, needed } = gateOf(state) as GateStanding;
  if (approvals.length >= needed) return finished(context, approvedBy(approvals));
  const deadline = deadlineOf(step, progress);
  if (now < deadline) return { events: [], wakeAt: deadline };
  const who = approvals.length === 0 ? 'nobody answered' : `only ${approvals.length} of ${needed} approved`;
  return failed(context, { kind: 'deadline', message: `${who} "${step.name}" within ${step.deadlineMs} ms` });
}
