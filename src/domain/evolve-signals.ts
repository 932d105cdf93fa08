/**
 * The part of `evolve` that folds what people ask for: whether a signal can be taken, and what it does.
 *
 *   signal    | taken                                    | does
 *   ----------|------------------------------------------|---------------------------------------------------
 *   abort     | always, until the end; also again        | turns back for good: nothing goes forward any more
 *             | (not when only hooks for a failure are   |
 *             | left: nothing goes anywhere any more)    |
 *   reject    | at a gate, from who may answer it        | turns back
 *   approve   | the same, once from each person          | counts; a pause stays
 *   promote   | in a bake, at a gate, in a pause         | ends the bake, approves the gate, wakes it
 *   - full    | also elsewhere on the way forward        | the same, and for all bakes and gates that are left
 *   pause     | on the way forward                       | holds it
 *   resume    | in a pause                               | goes on; after a failure like `retry`
 *   retry     | in a pause after a failure or no verdict | tries again what failed in this step, only that
 */
import type { Cause, Signal } from './event.ts';
import { countOf, gateOf, mayAnswer } from './gate.ts';
import { nextOperation } from './next-operation.ts';
import { isSamePerson } from './person.ts';
import { currentStep, type DeploymentState, type StepProgress, type TargetState } from './state.ts';
import type { GateStep } from './step.ts';

/** Why a signal cannot be taken now, as a sentence; `null` when it can. */
export function whyRefused(state: DeploymentState, signal: Signal): string | null {
  if (state.phase === 'ended') return `the deployment has ended: ${state.outcome}`;
  if (state.stopped) return 'it has failed, and only its hooks are left';
  if (signal.signal === 'abort') return null;
  const { digest } = state.plan;
  if (signal.digest !== undefined && signal.digest !== digest) {
    return `it executes plan ${digest.slice(0, 8)}, not ${signal.digest.slice(0, 8)}`;
  }
  return whyTooLate(state) ?? whyUnfit(state, signal);
}

/** Once it turns back there is nothing left to say but `abort`. */
function whyTooLate({ aborted, direction, turn }: DeploymentState): string | null {
  if (aborted !== null) return `it was ${aborted.message}`;
  if (direction === 'back') return 'it is rolling back';
  switch (turn?.into) {
    case 'rollback':
      return 'it is turning back';
    case 'pause':
      return 'it is about to pause';
    case 'stop':
      return 'it is about to stop';
    case undefined:
      return null;
  }
}

function whyUnfit(state: DeploymentState, { signal, by, full }: Signal): string | null {
  const { paused } = state;
  const step = state.step === null ? null : currentStep(state);
  switch (signal) {
    case 'abort':
      return null;
    case 'pause':
      return paused === null ? null : 'it is paused already';
    case 'resume':
      return paused === null ? 'it is not paused' : null;
    case 'retry':
      if (paused === null) return 'it is not paused after a failure';
      return paused.cause.kind === 'pause' ? 'it is not paused after a failure, but by a person' : null;
    case 'reject':
      return step?.kind === 'gate' ? whyNotTheirs(step, by) : 'it is not waiting at a gate';
    case 'approve':
      if (step?.kind !== 'gate') return 'it is not waiting at a gate';
      return whyNotTheirs(step, by) ?? whyTwice(state, by);
    case 'promote':
      if (paused?.cause.kind === 'failure') return 'a failure cannot be promoted: retry or abort';
      if (step?.kind === 'gate')
        return whyNotTheirs(step, by) ?? (full === true ? null : whyTwice(state, by));
      if (full === true || paused !== null || step?.kind === 'bake') return null;
      return 'there is nothing to cut short: it is in no bake, gate or pause';
  }
}

function whyNotTheirs(step: GateStep, by: string): string | null {
  if (mayAnswer(step, by)) return null;
  return `"${step.name}" is for ${(step.approvers ?? []).join(', ')} to answer, not for ${by}`;
}

function whyTwice(state: DeploymentState, by: string): string | null {
  const standing = gateOf(state);
  const earlier = standing?.approvals.find((approval) => isSamePerson(approval.by, by));
  return standing === null || earlier === undefined
    ? null
    : `already approved by ${earlier.by}; ${countOf(standing)}`;
}

/** The state after a signal that can be taken. */
export function obey(state: DeploymentState, signal: Signal, at: number): DeploymentState {
  const because = signal.reason === undefined ? '' : `: ${signal.reason}`;
  switch (signal.signal) {
    case 'abort':
      return abort(state, `aborted by ${signal.by}${because}`);
    case 'pause': {
      const cause: Cause = { kind: 'pause', message: `paused by ${signal.by}${because}` };
      return { ...state, paused: { since: at, cause } };
    }
    case 'resume':
    case 'retry':
      return wake(state, at);
    case 'promote':
      return promote(state, signal, at);
    case 'approve':
      return editStep(state, { approvals: [...(state.step?.approvals ?? []), { by: signal.by }] });
    case 'reject':
      return editStep(wake(state, at), { rejectedBy: `${signal.by}${because}` });
  }
}

/** The first abort stands. What had gone wrong before it is told with it. */
function abort(state: DeploymentState, message: string): DeploymentState {
  if (state.aborted !== null) return state;
  const isTroubled =
    state.direction === 'back' || state.turn !== null || state.paused?.cause.kind === 'failure';
  const before = isTroubled ? (state.turn?.cause ?? state.cause) : null;
  const cause: Cause = {
    kind: 'abort',
    message: before === null ? message : `${message}; before that ${inOneSentence(before)}`,
    ...(before?.evidence === undefined ? {} : { evidence: before.evidence }),
  };
  if (state.direction === 'back') return { ...state, aborted: cause, cause };
  return { ...state, paused: null, aborted: cause, cause, turn: { cause, into: 'rollback' } };
}

function inOneSentence({ message, target }: Cause): string {
  return target === undefined || message.startsWith(target) ? message : `${target}: ${message}`;
}

function promote(state: DeploymentState, { by, full }: Signal, at: number): DeploymentState {
  const woken = wake(state, at);
  const everything = full === true ? { promotedFully: true, promoters: [...state.promoters, by] } : {};
  const promoted = { ...woken, ...everything };
  switch (currentStep(woken)?.kind) {
    case 'bake':
    case 'verify': {
      // To go on without a verdict is for who has seen that there is none.
      const unjudged = state.paused?.cause.kind === 'inconclusive';
      return editStep(promoted, { promoted: true, ...(unjudged ? { unjudged } : {}) });
    }
    case 'gate':
      if (full === true || woken.step === null) return promoted;
      return editStep(promoted, { approvals: [...woken.step.approvals, { by, promoted: true }] });
    default:
      return promoted;
  }
}

/** Ends a pause; the time it took does not count against the deadlines of the step. */
function wake(state: DeploymentState, at: number): DeploymentState {
  const { paused, step } = state;
  if (paused === null) return state;
  const isByPerson = paused.cause.kind === 'pause';
  // What has failed meanwhile keeps its cause.
  const woken = { ...state, paused: null, cause: isByPerson ? state.cause : null };
  if (step === null) return woken;
  // A clock may have been set back meanwhile.
  const tookMs = Math.max(0, at - paused.since);
  const changes = {
    pausedMs: step.pausedMs + tookMs,
    observedAt: null,
    // What was seen to be good before the pause is asked once more after it.
    verdict: step.verdict === 'fail' ? step.verdict : null,
  };
  if (!isByPerson) return tryAgain(editStep(woken, { ...changes, changedAt: at }));
  // What ended in the pause has begun nothing anew.
  return editStep(woken, { ...changes, changedAt: Math.min(at, step.changedAt + tookMs) });
}

/** After a failure: only the targets of this step that failed get another chance. */
function tryAgain(state: DeploymentState): DeploymentState {
  const { step } = state;
  if (step === null) return state;
  const waiting = new Map(step.waiting);
  const edits = new Map<number, TargetState>();
  for (const index of step.targets) {
    const target = { ...state.targets.get(index), failure: null };
    if (state.targets.get(index).failure === null || !hasMoreToDo(state, target, index)) continue;
    edits.set(index, target);
    waiting.set(index, { attempt: 1, notBefore: 0, recover: false });
  }
  return {
    ...state,
    failures: state.failures - edits.size,
    targets: state.targets.with(edits),
    step: { ...step, waiting, failed: step.failed - edits.size, verdict: null, failure: null },
  };
}

/** Whether the step under way has something to do on the target: what failed in another step stays failed. */
function hasMoreToDo(state: DeploymentState, target: TargetState, index: number): boolean {
  const step = currentStep(state);
  const planned = state.plan.targets[index];
  return (
    step !== null &&
    planned !== undefined &&
    nextOperation(step, target, planned, state.plan.capabilities) !== null
  );
}

function editStep(state: DeploymentState, changes: Partial<StepProgress>): DeploymentState {
  return state.step === null ? state : { ...state, step: { ...state.step, ...changes } };
}
