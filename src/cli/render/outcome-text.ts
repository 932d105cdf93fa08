/**
 * What came of a deployment, on one screen of 24 rows: in one sentence, why, with which evidence, what was
 * done about it, what serves now, and what to type next.
 */
import type { Cause } from '../../domain/event.ts';
import { type DeploymentState, isUnreachable } from '../../domain/state.ts';
import { clean } from '../../words/clean.ts';
import { formatDuration } from '../../words/durations-text.ts';
import { outcomeWords } from '../../words/outcome-words.ts';
import type { Paint } from '../../words/paint.ts';
import { rollbackSentence } from '../../words/rollback-words.ts';
import { EMPTY_HISTORY, type RolloutHistory } from '../../words/rollout-history.ts';
import { describeStep } from '../../words/step-words.ts';
import { causeSentence, fromLabel, idList, newLabel, withoutTarget } from '../../words/words.ts';
import { evidenceFacts, logLines } from './evidence-text.ts';
import { failedTargets, idleTargets, servingByRelease, servingLines } from './fleet.ts';
import { type Labelled, labelledLines } from './layout.ts';
import { offerLines, waitsForPerson } from './offers.ts';
import { outcomeOffers } from './outcome-offers.ts';
import { spread, truncate, wrap } from './text.ts';

export interface OutcomeOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where the service can be reached. */
  readonly urls: readonly string[];
  /** Requests that were lost meanwhile, where somebody counted. */
  readonly lost?: number;
  /** What happened; without it, it is not told in which step it failed and how long the rollback took. */
  readonly history?: RolloutHistory;
}

/** One row of a screen is left for the prompt. */
const MOST_ROWS = 23;
const LABEL_COLUMNS = 10;
const MOST_LOG_LINES = 10;
const MOST_CAUSE_LINES = 3;
const MOST_LISTED = 3;

/** The screen as lines: at most 23, none wider than `columns`. */
export function renderOutcome(state: DeploymentState, options: OutcomeOptions): string[] {
  const { paint, columns } = options;
  const history = options.history ?? EMPTY_HISTORY;
  const cause = state.outcome === 'completed' ? null : (history.turned?.cause ?? state.cause);
  const why = cause === null ? [] : whyFacts(state, cause, history, options);
  const rest = [
    ...behindFacts(state, options),
    ...undoneFacts(state, history, options),
    ...nowFacts(state, options),
  ];
  const next: Labelled = { label: 'next', lines: offerLines(outcomeOffers(state, cause, paint), paint) };

  const withoutLog = [...why, ...rest, next].reduce((sum, fact) => sum + fact.lines.length, 3);
  const room = Math.min(MOST_LOG_LINES, MOST_ROWS - withoutLog);
  const log: Labelled = { label: 'log', lines: logLines(cause?.evidence, room, paint) };
  const lines = [
    headline(state, options),
    '',
    ...labelledLines([...why, log, ...rest], LABEL_COLUMNS, paint),
    '',
    ...labelledLines([next], LABEL_COLUMNS, paint),
  ];
  return lines.slice(0, MOST_ROWS).map((line) => truncate(line.trimEnd(), columns, paint.symbols.ellipsis));
}

function headline(state: DeploymentState, { paint, columns, now }: OutcomeOptions): string {
  const { plan } = state;
  const what = `${paint.strong(plan.service)} ${paint.strong(newLabel(plan))}`;
  const tookMs = state.startedAt === null ? null : (state.endedAt ?? now) - state.startedAt;
  const took = tookMs === null ? '' : paint.dim(formatDuration(tookMs));
  const { mark, sentence } = headlineWords(state, what, paint);
  return spread(`${mark} ${sentence}`, took, columns, paint.symbols.ellipsis);
}

function headlineWords(
  state: DeploymentState,
  what: string,
  paint: Paint,
): { readonly mark: string; readonly sentence: string } {
  const where = `in ${state.plan.environment}`;
  const mark =
    state.outcome === null ? paint.waiting(paint.symbols.paused) : outcomeWords(state.outcome, paint).symbol;
  switch (state.outcome) {
    case 'completed': {
      const behind = failedTargets(state);
      const except = behind.length === 0 ? '' : `, except on ${idList(behind, paint.symbols.ellipsis)}`;
      return {
        mark: behind.length === 0 ? mark : paint.waiting(paint.symbols.attention),
        sentence: `${what} is live ${where}${except}`,
      };
    }
    case 'rolled-back':
      return { mark, sentence: `${what} was rolled back ${where}; ${whatServes(state)}` };
    case 'aborted':
      return { mark, sentence: `${what} was aborted and rolled back ${where}; ${whatServes(state)}` };
    case 'failed': {
      const left = state.direction === 'back' ? ', and so did the rollback' : ', and was left as it is';
      return { mark, sentence: `${what} failed ${where}${left}` };
    }
    case null:
      return { mark, sentence: `${what} ${statusWords(state)} ${where}` };
  }
}

function statusWords(state: DeploymentState): string {
  if (state.stopped) return 'has failed and runs its hooks';
  if (state.direction === 'back') return 'is being rolled back';
  if (state.paused !== null) return 'is paused';
  return waitsForPerson(state) ? 'waits for approval' : 'is under way';
}

function whatServes(state: DeploymentState): string {
  const labels = [...servingByRelease(state).keys()];
  return labels.length === 0 ? 'nothing serves' : `${labels.join(' and ')} serves`;
}

function whyFacts(
  state: DeploymentState,
  cause: Cause,
  history: RolloutHistory,
  { paint, columns }: OutcomeOptions,
): Labelled[] {
  const sentence = wrap(causeSentence(cause), columns - LABEL_COLUMNS).slice(0, MOST_CAUSE_LINES);
  const style = cause.kind === 'failure' ? paint.bad : paint.waiting;
  const step = state.plan.steps[history.failedStep ?? -1];
  const at = step === undefined ? [] : [stepWords(state, history.failedStep ?? 0, paint)];
  return [
    { label: 'cause', lines: sentence.map(style) },
    { label: 'in step', lines: at },
    ...evidenceFacts(cause),
  ];
}

function stepWords({ plan }: DeploymentState, position: number, paint: Paint): string {
  const step = plan.steps[position];
  if (step === undefined) return '';
  return `${position + 1} of ${plan.steps.length}, ${describeStep(step, plan, paint.symbols).title}`;
}

/** The targets that failed and that it went on without; of any deployment, those that could not be reached. */
function behindFacts(state: DeploymentState, { paint }: OutcomeOptions): Labelled[] {
  const lines: string[] = [];
  let behind = 0;
  for (const [index, { id }] of state.plan.targets.entries()) {
    const target = state.targets.get(index);
    const { failure } = target;
    if (failure === null || !(state.outcome === 'completed' || isUnreachable(target))) continue;
    if (++behind > MOST_LISTED) continue;
    lines.push(paint.waiting(`${id} ${whatIsOn(state, index)}: ${withoutTarget(failure.message, id)}`));
  }
  if (behind > MOST_LISTED) lines.push(paint.waiting(`and ${behind - MOST_LISTED} more`));
  return [{ label: 'behind', lines }];
}

function whatIsOn({ plan, targets }: DeploymentState, index: number): string {
  const target = targets.get(index);
  const before = fromLabel(plan, index);
  if (!isUnreachable(target)) return target.old === 'none' ? 'runs nothing' : `stays on ${before}`;
  if (target.new === 'none' && before === null) return 'ran nothing';
  if (target.old === 'serving' || target.old === 'failing') return `was left on ${before}`;
  return before === null ? `may run ${newLabel(plan)}` : `may run ${newLabel(plan)} or ${before}`;
}

function undoneFacts(state: DeploymentState, history: RolloutHistory, options: OutcomeOptions): Labelled[] {
  const { paint, columns } = options;
  if (state.direction === 'forward') return [];
  const room = columns - LABEL_COLUMNS;
  const failure = rollbackFailure(state, history);
  if (failure !== null) {
    return [{ label: 'undone', lines: wrap(failure, room).slice(0, 2).map(paint.bad) }];
  }
  const tookMs = history.turned === null || state.endedAt === null ? null : state.endedAt - history.turned.at;
  const within = tookMs === null ? '' : ` in ${formatDuration(tookMs)}`;
  const did = rollbackSentence(state.steps, state.plan, paint.symbols);
  return [{ label: 'undone', lines: wrap(`rolled back${within}: ${did}`, room).slice(0, 2) }];
}

/** What kept the rollback from its end, on one target or as a whole. */
function rollbackFailure(state: DeploymentState, { rollbackFailure: failed }: RolloutHistory): string | null {
  if (state.outcome !== 'failed') return null;
  const [index] = idleTargets(state);
  const onTarget =
    index === undefined
      ? ([...state.targets].find(isUnreachable)?.failure ?? null)
      : state.targets.get(index).failure;
  const cause = failed ?? onTarget ?? state.cause;
  return cause === null ? null : `could not be rolled back: ${causeSentence(cause)}`;
}

function nowFacts(state: DeploymentState, { paint, urls, lost }: OutcomeOptions): Labelled[] {
  const { plan } = state;
  const requests =
    lost === undefined ? [] : [lost === 0 ? paint.good('none lost') : paint.bad(`${lost} lost`)];
  return [
    { label: 'serving', lines: servingLines(state, paint) },
    { label: 'requests', lines: requests },
    { label: 'url', lines: urls.slice(0, 2).map(paint.hint) },
    {
      label: 'deployed',
      lines: [paint.dim(`${state.id}, ${clean(plan.strategy.name)}, by ${clean(state.by)}`)],
    },
  ];
}
