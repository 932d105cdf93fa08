/**
 * What the state of a deployment forgets and a person wants to see: when each step began and ended, and what
 * was worth a remark. A fold of events, like the state itself.
 */
import type { Cause, DeploymentEvent } from '../domain/event.ts';
import { holderInWords } from '../domain/holder.ts';
import type { Outcome } from '../domain/operation.ts';
import type { Plan } from '../domain/plan.ts';
import type { Direction } from '../domain/step.ts';
import { clean } from './clean.ts';
import { FAILED } from './operation-words.ts';
import { causeSentence, counted } from './words.ts';

/** Remarks that are kept. */
const MOST_REMARKS = 50;
/** Failures of one group of events that are named one by one. */
const MOST_NAMED = 3;

/** The style of a `Paint` that suits it. */
export type Tone = 'good' | 'bad' | 'waiting';

export interface Remark {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly tone: Tone;
  readonly text: string;
}

/** When a step ran, milliseconds since the epoch. */
export interface StepTimes {
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface RolloutHistory {
  /** `back` also once it has stopped: the steps are not the plan's any more. */
  readonly direction: Direction;
  /** By position in the plan. */
  readonly forward: ReadonlyMap<number, StepTimes>;
  /** By position in the rollback, or in what is left once it has stopped. */
  readonly back: ReadonlyMap<number, StepTimes>;
  /** The step of the plan that failed last. */
  readonly failedStep: number | null;
  /** When and why it turned back. */
  readonly turned: { readonly at: number; readonly cause: Cause } | null;
  /** What the rollback could not do. */
  readonly rollbackFailure: Cause | null;
  /** Newest last, at most 50. */
  readonly remarks: readonly Remark[];
  readonly controller: string | null;
}

export const EMPTY_HISTORY: RolloutHistory = {
  direction: 'forward',
  forward: new Map(),
  back: new Map(),
  failedStep: null,
  turned: null,
  rollbackFailure: null,
  remarks: [],
  controller: null,
};

/** The history after more events of a deployment of `plan`. */
export function followEvents(
  history: RolloutHistory,
  events: readonly DeploymentEvent[],
  plan: Plan,
): RolloutHistory {
  let followed = history;
  for (const event of events) followed = followEvent(followed, event, plan);
  return followed;
}

function followEvent(history: RolloutHistory, event: DeploymentEvent, plan: Plan): RolloutHistory {
  switch (event.type) {
    case 'step-started':
      return timed(history, event.step, { startedAt: event.at, endedAt: null });
    case 'step-finished':
      return stepFinished(ended(history, event.step, event.at), event);
    case 'step-failed':
      return stepFailed(ended(history, event.step, event.at), event);
    case 'operations-finished':
      return failuresRemarked(history, event, plan);
    case 'signal-received':
      return remarked(history, event.at, 'waiting', signalSentence(event));
    case 'paused':
      return remarked(history, event.at, 'waiting', pauseSentence(event.cause));
    case 'rollback-started':
      return {
        ...remarked(history, event.at, 'waiting', 'rolling back'),
        direction: 'back',
        turned: { at: event.at, cause: event.cause },
      };
    case 'stopped':
      return {
        ...remarked(history, event.at, 'bad', 'stopped, running the hooks for a failure'),
        direction: 'back',
        back: new Map(),
        turned: history.turned ?? { at: event.at, cause: event.cause },
      };
    case 'controller-changed':
      return controllerChanged(history, event);
    default:
      return history;
  }
}

function stepFinished(
  history: RolloutHistory,
  { at, step, note }: Extract<DeploymentEvent, { type: 'step-finished' }>,
): RolloutHistory {
  const told = note === undefined ? history : remarked(history, at, 'good', clean(note));
  return told.direction === 'forward' && told.failedStep === step ? { ...told, failedStep: null } : told;
}

/** After a failure, which was told as one, it need not be told again. */
export function pauseSentence(cause: Cause): string {
  return cause.kind === 'failure' ? 'paused' : `paused: ${causeSentence(cause)}`;
}

function stepFailed(
  history: RolloutHistory,
  event: Extract<DeploymentEvent, { type: 'step-failed' }>,
): RolloutHistory {
  const told = remarked(history, event.at, 'bad', causeSentence(event.cause));
  if (history.direction === 'back') return { ...told, rollbackFailure: event.cause };
  return { ...told, failedStep: event.step };
}

function controllerChanged(
  history: RolloutHistory,
  { at, controller }: Extract<DeploymentEvent, { type: 'controller-changed' }>,
): RolloutHistory {
  const changed = { ...history, controller };
  if (history.controller === null) return changed;
  return remarked(changed, at, 'waiting', `${clean(holderInWords(controller))} goes on with it`);
}

function failuresRemarked(
  history: RolloutHistory,
  { at, outcomes }: Extract<DeploymentEvent, { type: 'operations-finished' }>,
  plan: Plan,
): RolloutHistory {
  const failed = outcomes.filter((outcome) => !outcome.ok);
  let told = history;
  // A step tells it once more, as bad, when it is not to be tried again.
  for (const outcome of failed.slice(0, MOST_NAMED)) {
    told = remarked(told, at, 'waiting', failureSentence(outcome, plan));
  }
  const more = failed.length - MOST_NAMED;
  return more > 0 ? remarked(told, at, 'waiting', `and ${counted(more, 'more failure')}`) : told;
}

/** What went wrong in an operation, with the target where it is about one. */
export function failureSentence({ operation, target, error }: Outcome, plan: Plan): string {
  const id = target === null ? undefined : plan.targets[target]?.id;
  const message = error ?? FAILED[operation];
  return causeSentence({ message, ...(id === undefined ? {} : { target: id }) });
}

/** What somebody asked of the deployment, and why it was not obeyed where it was not. */
export function signalSentence({
  signal: { signal, by, reason, full },
  refused,
}: Pick<Extract<DeploymentEvent, { type: 'signal-received' }>, 'signal' | 'refused'>): string {
  const asked = signal === 'promote' && full === true ? 'promote fully' : signal;
  const because = reason === undefined ? '' : ` (${clean(reason)})`;
  return `${clean(by)}: ${asked}${because}${refused === undefined ? '' : `, refused: ${clean(refused)}`}`;
}

/** A remark that repeats the one before, such as a failure that ends a step, takes its place. */
function remarked(history: RolloutHistory, at: number, tone: Tone, text: string): RolloutHistory {
  const { remarks } = history;
  const kept = remarks.at(-1)?.text === text ? remarks.slice(0, -1) : remarks.slice(1 - MOST_REMARKS);
  return { ...history, remarks: [...kept, { at, tone, text }] };
}

function timed(history: RolloutHistory, position: number, times: StepTimes): RolloutHistory {
  const { direction } = history;
  return { ...history, [direction]: new Map(history[direction]).set(position, times) };
}

function ended(history: RolloutHistory, position: number, at: number): RolloutHistory {
  const startedAt = history[history.direction].get(position)?.startedAt ?? at;
  return timed(history, position, { startedAt, endedAt: at });
}

/** When the steps ran that are the deployment's now, by position. */
export function timesOf(history: RolloutHistory): ReadonlyMap<number, StepTimes> {
  return history[history.direction];
}

/** How long a step took; `null` while it runs or when its beginning is not known. */
export function stepDuration(times: StepTimes | undefined): number | null {
  return times === undefined || times.endedAt === null ? null : times.endedAt - times.startedAt;
}
