/**
 * `evolve(state, event)`: folds one event of the journal into the state. Pure: no clock, no I/O, no chance.
 * A table of one function an event; whatever a deployment is, it is because of the events that went through
 * here. `decide` says what comes next.
 */
import type { Cause, DeploymentEvent, DeploymentEventType } from './event.ts';
import { finishOperations, startOperations } from './evolve-operations.ts';
import { obey, whyRefused } from './evolve-signals.ts';
import { isUnchanged } from './plan.ts';
import { type DeploymentState, isAvailable, type StepProgress, type TargetState } from './state.ts';
import type { Step } from './step.ts';
import { firstState, unfit } from './unfit-journal.ts';

/* Signals have a file of their own; who evolves also asks. */
export { whyRefused };

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
  stopped: (state, event) => ({
    ...state,
    steps: event.steps,
    position: 0,
    step: null,
    turn: null,
    stopped: true,
    cause: event.cause,
  }),
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

/**
 * The state after all events of a journal; the first must be `deployment-created`.
 * @throws JournalError when an event does not fit those before it: somebody wrote into the journal by hand
 */
export function fold(id: string, events: Iterable<DeploymentEvent>): DeploymentState {
  let state: DeploymentState | null = null;
  for (const event of events) {
    if (state === null) {
      state = firstState(id, event);
      continue;
    }
    if (event.type === 'deployment-created') throw unfit(id, `begins again at ${state.seq + 1}`);
    try {
      state = evolve(state, event);
    } catch (error) {
      throw unfit(id, `has at ${state.seq + 1} an event (${event.type}) that does not fit`, error);
    }
  }
  if (state === null) throw unfit(id, 'is empty');
  if (state.available !== countAvailable(state)) throw unfit(id, 'contradicts itself on what is available');
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
  const available = state.available - edits.size;
  let { failures, cause } = state;
  for (const { target: index, error } of event.unreachable ?? []) {
    const planned = state.plan.targets[index];
    // One that leaves is tried all the same, in the end: it may be back by then.
    if (planned === undefined || planned.leaving === true) continue;
    const failure: Cause = { kind: 'failure', message: error, target: planned.id, unreachable: true };
    edits.set(index, { ...(edits.get(index) ?? state.targets.get(index)), failure, unseen: true });
    failures++;
    cause ??= failure;
  }
  return {
    ...state,
    phase: 'running',
    targets: state.targets.with(edits),
    available,
    failures,
    cause,
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
    failure: null,
    checkedAt: null,
    approvals: [],
    rejectedBy: null,
    ill: [],
    performed: false,
    promoted: false,
    unjudged: false,
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
  const edits = new Map<number, TargetState>();
  for (const [index, target] of [...state.targets].entries()) {
    if (target.pruned) edits.set(index, { ...target, pruned: false });
  }
  return {
    ...state,
    targets: edits.size === 0 ? state.targets : state.targets.with(edits),
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
  if (event.refused !== undefined || whyRefused(state, event.signal) !== null) return seen;
  return obey(seen, event.signal, event.at);
}

/** For those who check the books: the available targets, counted anew. */
export function countAvailable(state: DeploymentState): number {
  let available = 0;
  for (const target of state.targets) if (isAvailable(target)) available++;
  return available;
}
