/** Events of a journal in words, for the history of a deployment. */
import type { DeploymentEvent, Signal } from '../domain/event.ts';
import { holderInWords } from '../domain/holder.ts';
import type { Intent, Outcome } from '../domain/operation.ts';
import type { DeploymentState } from '../domain/state.ts';
import type { Side, Step } from '../domain/step.ts';
import { clean } from './clean.ts';
import { DOING, DONE } from './operation-words.ts';
import { outcomeWords } from './outcome-words.ts';
import type { Paint } from './paint.ts';
import { failureSentence, pauseSentence, signalSentence } from './rollout-history.ts';
import { describeStep } from './step-words.ts';
import { causeSentence, formatCount, idList, newLabel, oldLabel } from './words.ts';

/** One line of the history. */
export interface EventWords {
  readonly text: string;
  /** How long it took, in milliseconds, where the event tells. */
  readonly tookMs: number | null;
  /** Belongs to the step that was last begun. */
  readonly inStep: boolean;
}

/** Failures of one event that are told one by one. */
const MOST_TOLD = 10;

/** The lines for an event; `before` is the state it met, `null` for the first. */
export function eventWords(
  event: DeploymentEvent,
  before: DeploymentState | null,
  paint: Paint,
): EventWords[] {
  if (event.type === 'deployment-created') {
    return [line(`created by ${clean(event.by)}, plan ${event.plan.digest.slice(0, 8)}`)];
  }
  if (before === null) return [];
  const { plan, steps } = before;
  switch (event.type) {
    case 'deployment-started': {
      const isAway = (index: number) => event.unreachable?.some(({ target }) => target === index) === true;
      const ill = event.unhealthy
        .filter((index) => !isAway(index))
        .map((index) => plan.targets[index]?.id ?? '');
      const words = ill.length === 0 ? '' : `, unhealthy already: ${idList(ill, paint.symbols.ellipsis)}`;
      const lost = event.unreachable?.map(({ target }) => plan.targets[target]?.id ?? '') ?? [];
      const away = lost.length === 0 ? '' : `, out of reach: ${idList(lost, paint.symbols.ellipsis)}`;
      return [line(`started${words}${away}`)];
    }
    case 'controller-changed':
      return [line(`${clean(holderInWords(event.controller))} is the controller`)];
    case 'step-started':
      return [line(paint.strong(stepTitle(steps, event.step, before, paint)))];
    case 'operations-started':
      return startedWords(event.intents, before, paint);
    case 'operations-finished':
      return finishedWords(event.outcomes, before, paint);
    case 'step-finished': {
      const note = event.note === undefined ? '' : `: ${clean(event.note)}`;
      return [inStep(`${paint.good('done')}${note}`, event.at - (before.step?.startedAt ?? event.at))];
    }
    case 'step-failed': {
      const words = `${paint.bad('failed')}: ${causeSentence(event.cause)}`;
      return [inStep(words, event.at - (before.step?.startedAt ?? event.at))];
    }
    case 'signal-received':
      return [line(paint.waiting(signalSentence(event) + planSeen(event.signal)))];
    case 'paused':
      return [line(paint.waiting(pauseSentence(event.cause)))];
    case 'rollback-started':
      return [line(paint.waiting('rolls back'))];
    case 'stopped':
      return [line(paint.bad('stops: only its hooks for a failure are left'))];
    case 'deployment-finished': {
      const tookMs = before.startedAt === null ? null : event.at - before.startedAt;
      return [{ ...line(outcomeWords(event.outcome, paint).title), tookMs }];
    }
  }
}

/** The plan that an answer is bound to. */
function planSeen({ signal, digest }: Signal): string {
  const isAnswer = signal === 'approve' || signal === 'reject' || signal === 'promote';
  return isAnswer && digest !== undefined ? `, plan ${digest.slice(0, 8)}` : '';
}

function line(text: string): EventWords {
  return { text, tookMs: null, inStep: false };
}

function inStep(text: string, tookMs: number | null): EventWords {
  return { text, tookMs, inStep: true };
}

function stepTitle(
  steps: readonly Step[],
  position: number,
  { plan }: DeploymentState,
  paint: Paint,
): string {
  const step = steps[position];
  const title = step === undefined ? 'a step' : describeStep(step, plan, paint.symbols).title;
  return `${position + 1}  ${title}`;
}

/** First tries show in their outcome; a further one, or one after a crash, is told when it begins. */
function startedWords(intents: readonly Intent[], state: DeploymentState, paint: Paint): EventWords[] {
  const again = intents.filter(({ attempt, recover }) => attempt > 1 || recover === true);
  return groups(
    again,
    ({ operation, side, attempt, recover }) => `${operation} ${side} ${attempt} ${recover}`,
  ).map((group) => {
    const [{ operation, side, attempt, recover }] = group;
    const why = recover === true ? 'looks again after a crash' : `try ${attempt}`;
    const words = `${where(group, side, state, paint)}${DOING[operation]}, ${why}`;
    return inStep(paint.waiting(words), null);
  });
}

function finishedWords(outcomes: readonly Outcome[], state: DeploymentState, paint: Paint): EventWords[] {
  const done = groups(
    outcomes.filter(({ ok }) => ok),
    ({ operation, verdict, target }) => `${operation} ${verdict} ${sideOf(state, target)}`,
  ).map((group) => {
    const [{ operation, verdict, target }] = group;
    const tookMs = Math.max(...group.map((outcome) => outcome.tookMs));
    const words = operation === 'check' ? verdictWords(verdict) : DONE[operation];
    return inStep(`${where(group, sideOf(state, target), state, paint)}${words}`, tookMs);
  });
  const failed = outcomes.filter(({ ok }) => !ok);
  const told = failed.slice(0, MOST_TOLD).map((outcome) => {
    return inStep(paint.bad(failureSentence(outcome, state.plan)), outcome.tookMs);
  });
  const more = failed.length - told.length;
  const untold = more === 0 ? [] : [inStep(paint.bad(`and ${formatCount(more)} more failed`), null)];
  return [...done, ...told, ...untold];
}

function verdictWords(verdict: Outcome['verdict']): string {
  return verdict === 'inconclusive' ? 'checks give no verdict' : 'checks pass';
}

function sideOf({ step }: DeploymentState, target: number | null): Side {
  return (target === null ? undefined : step?.active.get(target)?.side) ?? 'new';
}

/** `api.1, api.2: 1.1.0 `, or nothing for the whole fleet. */
function where(
  group: readonly { readonly target: number | null }[],
  side: Side,
  { plan }: DeploymentState,
  paint: Paint,
): string {
  const ids = group.flatMap(({ target }) => (target === null ? [] : [plan.targets[target]?.id ?? '']));
  if (ids.length === 0) return '';
  const release = side === 'new' ? newLabel(plan) : (oldLabel(plan) ?? '');
  return `${idList(ids, paint.symbols.ellipsis)}: ${release} `;
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): [T, ...T[]][] {
  const byKey = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = byKey.get(keyOf(item));
    if (group === undefined) byKey.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...byKey.values()];
}
