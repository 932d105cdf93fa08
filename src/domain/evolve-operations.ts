/** The part of `evolve` that folds the start and the end of operations: what each does to its target. */
import type { Cause } from './event.ts';
import {
  applyObservations,
  believeInTheNew,
  type Fold,
  failWhatKeepsTheOld,
  losesATarget,
} from './evolve-looks.ts';
import { nextOperation } from './next-operation.ts';
import { seenIll } from './observed.ts';
import type { Intent, OperationName, Outcome } from './operation.ts';
import { succeeded, underWay } from './operation-effects.ts';
import {
  type ActiveOperation,
  type DeploymentState,
  FLEET,
  isAvailable,
  isUnreachable,
  type StepProgress,
  type TargetState,
  type WaitingOperation,
} from './state.ts';
import type { Step, StepKind } from './step.ts';

/** Operations are about to be performed. Capacity counts as gone from here on, not when it is. */
export function startOperations(
  state: DeploymentState,
  intents: readonly Intent[],
  at: number,
): DeploymentState {
  const step = openStep(state);
  const active = new Map(step.active);
  const waiting = new Map(step.waiting);
  const edits = new Map<number, TargetState>();
  let { begun } = step;
  let { available } = state;
  for (const { target: index, operation, side, attempt } of intents) {
    const key = index ?? FLEET;
    active.set(key, { operation, side, attempt, startedAt: at });
    if (!waiting.delete(key) && index !== null) begun = positionAfter(step, begun, index);
    if (index === null) continue;
    const before = state.targets.get(index);
    const after = underWay(before, operation, side, state.plan.capabilities);
    if (after === before) continue;
    edits.set(index, after);
    available += Number(isAvailable(after)) - Number(isAvailable(before));
  }
  const targets = edits.size === 0 ? state.targets : state.targets.with(edits);
  const changedAt = intents.every(isLook) ? step.changedAt : at;
  return { ...state, targets, available, step: { ...step, active, waiting, begun, changedAt } };
}

/** Operations have ended, well or badly. */
export function finishOperations(
  state: DeploymentState,
  outcomes: readonly Outcome[],
  at: number,
): DeploymentState {
  const step = openStep(state);
  const fold = {
    active: new Map(step.active),
    waiting: new Map(step.waiting),
    edits: new Map<number, TargetState>(),
    done: step.done,
    failed: step.failed,
    lost: 0,
    available: state.available,
    cause: state.cause,
  };
  let fleet: Partial<StepProgress> = {};
  let { split } = state;
  for (const outcome of outcomes) {
    const key = outcome.target ?? FLEET;
    const active = fold.active.get(key);
    // A late answer to what was given up on: the state has gone on without it.
    if (active?.operation !== outcome.operation) continue;
    fold.active.delete(key);
    if (outcome.target === null) {
      fleet = { ...fleet, ...fleetProgress(state, outcome, active, fold, at) };
      split = splitAfter(state, outcome);
    } else {
      finishOnTarget(state, outcome, active, fold, at);
    }
  }
  return {
    ...state,
    targets: fold.edits.size === 0 ? state.targets : state.targets.with(fold.edits),
    available: fold.available,
    failures: state.failures + fold.lost,
    split,
    cause: fold.cause,
    step: {
      ...step,
      ...fleet,
      active: fold.active,
      waiting: fold.waiting,
      done: fold.done,
      failed: fold.failed,
      changedAt: outcomes.every(isLook) ? step.changedAt : at,
    },
  };
}

/** Looking at the fleet changes nothing: whoever waits for capacity looks while they wait. */
function isLook({ operation }: { readonly operation: OperationName }): boolean {
  return operation === 'observe';
}

function finishOnTarget(
  state: DeploymentState,
  outcome: Outcome,
  active: ActiveOperation,
  fold: Fold,
  at: number,
): void {
  const index = outcome.target as number;
  const before = state.targets.get(index);
  const { capabilities, policy } = state.plan;
  let after = outcome.ok ? succeeded(before, active.operation, active.side, capabilities) : before;
  if (outcome.ok) {
    const step = state.steps[state.position];
    const planned = state.plan.targets[index];
    const more = step && planned && nextOperation(step, after, planned, capabilities);
    if (more) fold.waiting.set(index, { attempt: 1, notBefore: at, recover: false });
    else fold.done++;
  } else if (state.turn !== null) {
    // Cut short because the course changes: should it come back to this step, it starts afresh.
    fold.waiting.set(index, { attempt: 1, notBefore: at, recover: false });
  } else if (mayTryAgain(active, outcome, policy.maxAttempts) && !isKnownToBeLost(before, outcome)) {
    fold.waiting.set(index, retryOf(active, policy.backoffMs, at));
  } else if (active.operation === 'prune' && state.direction === 'back') {
    // The target serves what it had. A copy that stays is deleted by the next deployment that prunes.
    fold.done++;
  } else {
    const failure = causeOf(state, outcome);
    after = { ...after, failure };
    fold.failed++;
    // On the way back any failure counts: what had failed on the way there may still come back.
    if (before.failure === null || state.direction === 'back') fold.lost++;
    fold.cause ??= failure;
  }
  fold.edits.set(index, after);
  fold.available += Number(isAvailable(after)) - Number(isAvailable(before));
}

/** What an operation on the whole fleet changes in its step. */
function fleetProgress(
  state: DeploymentState,
  outcome: Outcome,
  active: ActiveOperation,
  fold: Fold,
  at: number,
): Partial<StepProgress> {
  switch (outcome.operation) {
    case 'observe':
      if (!outcome.ok) return notPerformed(state, outcome, active, fold, at);
      if (looksAgain(state, outcome, active, fold, at)) return {};
      applyObservations(state, outcome, fold);
      if (kindOfStep(state) === 'retire') {
        if (state.direction === 'forward') failWhatKeepsTheOld(state, fold);
        comeBackTo(state, outcome, fold, at);
      }
      return { observedAt: at };
    case 'check':
      return checked(state, outcome, active, fold, at);
    default: {
      if (outcome.ok) return { performed: true };
      const ill = seenIll(state, outcome);
      return { ...notPerformed(state, outcome, active, fold, at), ...(ill === null ? {} : { ill }) };
    }
  }
}

/** Of those that a retire has passed over, it comes back to where there is something to do after all. */
function comeBackTo(state: DeploymentState, { seen = [] }: Outcome, fold: Fold, at: number): void {
  const step = openStep(state);
  const current = state.steps[state.position] as Step;
  const { targets, capabilities } = state.plan;
  const passed = new Set(step.targets.slice(0, step.begun));
  for (const { target: index } of seen) {
    const planned = targets[index];
    const after = fold.edits.get(index);
    if (planned === undefined || after === undefined || !passed.has(index)) continue;
    if (fold.active.has(index) || fold.waiting.has(index)) continue;
    const had = nextOperation(current, state.targets.get(index), planned, capabilities);
    if (had !== null || nextOperation(current, after, planned, capabilities) === null) continue;
    fold.waiting.set(index, { attempt: 1, notBefore: at, recover: false });
  }
}

/** Who could not ask, or got no answer, asks again before it counts as no verdict. */
function checked(
  state: DeploymentState,
  outcome: Outcome,
  active: ActiveOperation,
  fold: Fold,
  at: number,
): Partial<StepProgress> {
  const { maxAttempts, backoffMs } = state.plan.policy;
  const verdict = outcome.verdict ?? (outcome.ok ? 'pass' : 'inconclusive');
  if (verdict === 'inconclusive' && mayTryAgain(active, outcome, maxAttempts)) {
    fold.waiting.set(FLEET, retryOf(active, backoffMs, at));
    return {};
  }
  if (verdict === 'fail') return { ...failedOnFleet(state, outcome, fold), checkedAt: at };
  if (looksAgain(state, outcome, active, fold, at)) return {};
  applyObservations(state, outcome, fold);
  if (verdict === 'pass') believeInTheNew(state, fold);
  return { verdict, checkedAt: at };
}

function notPerformed(
  state: DeploymentState,
  outcome: Outcome,
  active: ActiveOperation,
  fold: Fold,
  at: number,
): Partial<StepProgress> {
  const { maxAttempts, backoffMs } = state.plan.policy;
  if (mayTryAgain(active, outcome, maxAttempts)) {
    fold.waiting.set(FLEET, retryOf(active, backoffMs, at));
    return {};
  }
  return failedOnFleet(state, outcome, fold);
}

/** On the way back what turned it back stays the cause of the whole, and a hook after it stopped changes nothing. */
function failedOnFleet(state: DeploymentState, outcome: Outcome, fold: Fold): Partial<StepProgress> {
  const failure = causeOf(state, outcome);
  if (state.direction === 'forward' && !state.stopped) fold.cause = failure;
  return { verdict: 'fail', failure };
}

/** Who cannot reach a target looks again before that target counts as lost. */
function looksAgain(
  state: DeploymentState,
  outcome: Outcome,
  active: ActiveOperation,
  fold: Fold,
  at: number,
): boolean {
  const { maxAttempts, backoffMs } = state.plan.policy;
  if (!losesATarget(state, outcome) || !mayTryAgain(active, outcome, maxAttempts)) return false;
  fold.waiting.set(FLEET, retryOf(active, backoffMs, at));
  return true;
}

function kindOfStep(state: DeploymentState): StepKind | undefined {
  return state.steps[state.position]?.kind;
}

function splitAfter(state: DeploymentState, outcome: Outcome): number | null {
  const step = state.steps[state.position];
  return outcome.operation === 'shift' && outcome.ok && step?.kind === 'shift' ? step.percent : state.split;
}

function mayTryAgain(active: ActiveOperation, outcome: Outcome, maxAttempts: number): boolean {
  if (outcome.retryable === false) return false;
  // A probe waits by itself: another is of use only when the platform says so. A hook may not be harmless.
  if (active.operation === 'probe' && outcome.retryable !== true) return false;
  return active.operation !== 'hook' && active.attempt < maxAttempts;
}

/** It was given all its tries before; now it has one, in case it is back. */
function isKnownToBeLost(before: TargetState, outcome: Outcome): boolean {
  return outcome.unreachable === true && isUnreachable(before);
}

function retryOf(active: ActiveOperation, backoffMs: number, at: number): WaitingOperation {
  const notBefore = at + backoffMs * 2 ** (active.attempt - 1);
  return { attempt: active.attempt + 1, notBefore, recover: false };
}

function causeOf(state: DeploymentState, outcome: Outcome): Cause {
  const target = outcome.target === null ? undefined : state.plan.targets[outcome.target]?.id;
  return {
    kind: 'failure',
    message: outcome.error ?? `${outcome.operation} failed`,
    ...(target === undefined ? {} : { target }),
    ...(outcome.evidence === undefined ? {} : { evidence: outcome.evidence }),
    ...(outcome.unreachable === undefined ? {} : { unreachable: true }),
  };
}

/** The position after `index` among the step's targets; those passed over had nothing to do. */
function positionAfter(step: StepProgress, begun: number, index: number): number {
  for (let position = begun; position < step.targets.length; position++) {
    if (step.targets[position] === index) return position + 1;
  }
  return begun;
}

function openStep(state: DeploymentState): StepProgress {
  if (state.step === null) throw new TypeError(`operations in ${state.id} without an open step`);
  return state.step;
}
