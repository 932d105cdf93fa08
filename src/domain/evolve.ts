/**
 * `evolve(state, event)`: folds one event of the journal into the state. Pure: no clock, no I/O, no chance.
 * A table of one function an event; whatever a deployment is, it is because of the events that went through
 * here. `decide` says what comes next.
 */
import type { Cause, DeploymentEvent, DeploymentEventType, Signal } from './event.ts';
import { finishOperations, startOperations } from './evolve-operations.ts';
import { nextOperation } from './next-operation.ts';
import { isUnchanged } from './plan.ts';
import {
  currentStep,
  type DeploymentState,
  initialState,
  isAvailable,
  type StepProgress,
  type TargetState,
} from './state.ts';
import type { Step } from './step.ts';

type EventOf<T extends DeploymentEventType> = Extract<DeploymentEvent, { type: T }>;
type Evolvers = {
  readonly [T in DeploymentEventType]: (state: DeploymentState, event: EventOf<T>) => DeploymentState;
};

const EVOLVERS: Evolvers = {
  'deployment-created': (state) => state,
  'deployment-started': started,
  'controller-changed': controllerChanged,
  'step-started': stepStarted,
  'operations-started': (state, event) => startOperations(state, event.intents, event.at),
  'operations-finished': (state, event) => finishOperations(state, event.outcomes, event.at),
  'step-finished': stepFinished,
  'step-failed': stepFailed,
  'signal-received': signalReceived,
  paused: (state, event) => ({
    ...state,
    turn: null,
    cause: event.cause,
    paused: { since: event.at, cause: event.cause },
  }),
  'rollback-started': rollbackStarted,
  'deployment-finished': (state, event) => ({
    ...state,
    phase: 'ended',
    step: null,
    turn: null,
    paused: null,
    outcome: event.outcome,
    cause: event.cause ?? state.cause,
    endedAt: event.at,
  }),
};

/** The state after one more event. */
export function evolve(state: DeploymentState, event: DeploymentEvent): DeploymentState {
  const evolver = EVOLVERS[event.type] as (state: DeploymentState, event: DeploymentEvent) => DeploymentState;
  return { ...evolver(state, event), seq: state.seq + 1 };
}

/** The state after all events of a journal; the first must be `deployment-created`. */
export function fold(id: string, events: Iterable<DeploymentEvent>): DeploymentState {
  let state: DeploymentState | null = null;
  for (const event of events) {
    if (state !== null) state = evolve(state, event);
    else if (event.type === 'deployment-created') state = initialState(id, event.plan, event.by);
    else throw new TypeError(`the journal of ${id} begins with ${event.type}, not with deployment-created`);
  }
  if (state === null) throw new TypeError(`the journal of ${id} is empty`);
  return state;
}

function started(state: DeploymentState, event: EventOf<'deployment-started'>): DeploymentState {
  const edits = new Map<number, TargetState>();
  for (const index of event.unhealthy) {
    const target = state.targets.get(index);
    // One that should run the plan's own release already, and does not: it is started again.
    const seen = target.new === 'serving' ? { new: 'attempted' as const } : { old: 'failing' as const };
    edits.set(index, { ...target, ...seen });
  }
  return {
    ...state,
    phase: 'running',
    targets: state.targets.with(edits),
    available: state.available - edits.size,
    startedAt: event.at,
  };
}

/** What the last controller had under way is unknown now: it is looked at and done again if need be. */
function controllerChanged(state: DeploymentState, event: EventOf<'controller-changed'>): DeploymentState {
  const changed = { ...state, controller: event.controller };
  if (state.step === null) return changed;
  const waiting = new Map(state.step.waiting);
  for (const [key, active] of state.step.active) {
    waiting.set(key, { attempt: active.attempt, notBefore: event.at, recover: true });
  }
  const step = { ...state.step, active: new Map(), waiting, changedAt: event.at, observedAt: null };
  return { ...changed, step };
}

function stepStarted(state: DeploymentState, event: EventOf<'step-started'>): DeploymentState {
  const step = state.steps[event.step];
  if (step === undefined) throw new RangeError(`no step ${event.step}`);
  return { ...state, position: event.step, step: newProgress(targetsOf(state, step), event.at) };
}

function newProgress(targets: readonly number[], at: number): StepProgress {
  return {
    startedAt: at,
    targets,
    begun: 0,
    active: new Map(),
    waiting: new Map(),
    done: 0,
    failed: 0,
    changedAt: at,
    pausedMs: 0,
    observedAt: null,
    verdict: null,
    checkedAt: null,
    approvedBy: null,
    rejectedBy: null,
    performed: false,
    promoted: false,
  };
}

/** Indexes of the targets that a step is about; forwards, those that failed are left out. */
function targetsOf(state: DeploymentState, step: Step): number[] {
  const indexes: number[] = [];
  if (step.kind === 'update') {
    for (const id of step.targets) {
      const index = state.indexOf.get(id);
      if (index !== undefined && isWanted(state, index)) indexes.push(index);
    }
  } else if (step.kind === 'stage' || step.kind === 'retire') {
    for (const [index, planned] of state.plan.targets.entries()) {
      if (step.kind === 'stage' && (planned.leaving || !isWanted(state, index))) continue;
      // What was there before the plan is not the rollback's to take down.
      if (step.kind === 'retire' && step.side === 'new' && isUnchanged(state.plan, planned)) continue;
      indexes.push(index);
    }
  }
  return indexes;
}

function isWanted(state: DeploymentState, index: number): boolean {
  return state.direction === 'back' || state.targets.get(index).failure === null;
}

function stepFinished(state: DeploymentState, event: EventOf<'step-finished'>): DeploymentState {
  const verified = state.verified || (state.direction === 'forward' && currentKind(state) === 'verify');
  return { ...state, position: event.step + 1, step: null, verified };
}

function currentKind(state: DeploymentState): Step['kind'] | undefined {
  return state.steps[state.position]?.kind;
}

function stepFailed(state: DeploymentState, event: EventOf<'step-failed'>): DeploymentState {
  const { cause } = event;
  if (state.direction === 'back') return { ...state, turn: { cause, into: 'stop' } };
  return { ...state, cause, turn: { cause, into: turnAfter(cause, state) } };
}

/** A person's no, and a deadline that a person let pass, always lead back; a failure as the policy says. */
function turnAfter(cause: Cause, state: DeploymentState): 'rollback' | 'pause' | 'stop' {
  return cause.kind === 'failure' ? state.plan.policy.onFailure : 'rollback';
}

function rollbackStarted(state: DeploymentState, event: EventOf<'rollback-started'>): DeploymentState {
  return {
    ...state,
    direction: 'back',
    steps: event.steps,
    position: 0,
    step: null,
    failures: 0,
    turn: null,
    paused: null,
    cause: event.cause,
    turnedBackFor: state.turnedBackFor ?? event.cause,
  };
}

function signalReceived(state: DeploymentState, event: EventOf<'signal-received'>): DeploymentState {
  const seen = { ...state, lastSignal: event.id };
  return whyRefused(state, event.signal) === null ? obey(seen, event.signal, event.at) : seen;
}

/** Why a signal cannot be taken now, as a sentence; `null` when it can. */
export function whyRefused(state: DeploymentState, { signal }: Signal): string | null {
  if (state.phase === 'ended') return `the deployment has ended: ${state.outcome}`;
  const back = state.direction === 'back';
  const atGate = currentKind(state) === 'gate' && state.step !== null;
  switch (signal) {
    case 'abort':
      return back ? 'it is rolling back already' : null;
    case 'pause':
      if (back) return 'it is rolling back';
      return state.paused === null ? null : 'it is paused already';
    case 'resume':
      return state.paused === null ? 'it is not paused' : null;
    case 'promote':
      if (back) return 'it is rolling back';
      return state.paused?.cause.kind === 'failure' ? 'a failure cannot be promoted: retry or abort' : null;
    case 'approve':
    case 'reject':
      return atGate && !back ? null : 'it is not waiting at a gate';
    case 'retry':
      return state.paused === null ? 'it is not paused after a failure' : null;
  }
}

function obey(state: DeploymentState, signal: Signal, at: number): DeploymentState {
  const because = signal.reason === undefined ? '' : `: ${signal.reason}`;
  switch (signal.signal) {
    case 'abort': {
      const cause: Cause = { kind: 'abort', message: `aborted by ${signal.by}${because}` };
      return { ...state, paused: null, cause, turn: { cause, into: 'rollback' } };
    }
    case 'pause': {
      const cause: Cause = { kind: 'pause', message: `paused by ${signal.by}${because}` };
      return { ...state, paused: { since: at, cause } };
    }
    case 'resume':
    case 'retry':
      return tryAgain(wake(state, at));
    case 'promote': {
      const woken = state.paused === null ? state : tryAgain(wake(state, at));
      const step = woken.step === null ? null : { ...woken.step, promoted: true };
      return { ...woken, step, promotedFully: state.promotedFully || signal.full === true };
    }
    case 'approve':
      return editStep(wake(state, at), { approvedBy: signal.by });
    case 'reject':
      return editStep(wake(state, at), { rejectedBy: `${signal.by}${because}` });
  }
}

/** Ends a pause; the time it took does not count against the deadlines of the step. */
function wake(state: DeploymentState, at: number): DeploymentState {
  if (state.paused === null) return state;
  const pausedMs = (state.step?.pausedMs ?? 0) + (at - state.paused.since);
  return editStep({ ...state, paused: null, cause: null }, { pausedMs, changedAt: at, observedAt: null });
}

/** After a pause for a failure: only the targets of this step that failed get another chance. */
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
    step: { ...step, waiting, failed: step.failed - edits.size, verdict: null },
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

/** For those who check the books: the available targets, counted anew. */
export function countAvailable(state: DeploymentState): number {
  let available = 0;
  for (const target of state.targets) if (isAvailable(target)) available++;
  return available;
}
