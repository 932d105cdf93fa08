/**
 * What came of a deployment, on one screen of 24 rows: in one sentence, why, with which evidence, what was
 * done about it, what serves now, and what to type next.
 */
import type { Cause } from '../../domain/event.ts';
import type { DeploymentState } from '../../domain/state.ts';
import { clean } from '../../words/clean.ts';
import { formatDuration } from '../../words/durations-text.ts';
import { servingLines } from '../../words/fleet.ts';
import {
  causeToTell,
  failedStepWords,
  headlineWords,
  targetsBehind,
  undoneWords,
} from '../../words/outcome-facts.ts';
import type { Paint } from '../../words/paint.ts';
import { EMPTY_HISTORY, type RolloutHistory } from '../../words/rollout-history.ts';
import { causeSentence, newLabel } from '../../words/words.ts';
import { evidenceFacts, logLines } from './evidence-text.ts';
import { type Labelled, labelledLines } from './layout.ts';
import { offerLines } from './offers.ts';
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
  const cause = causeToTell(state, history);
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

function whyFacts(
  state: DeploymentState,
  cause: Cause,
  history: RolloutHistory,
  { paint, columns }: OutcomeOptions,
): Labelled[] {
  const sentence = wrap(causeSentence(cause), columns - LABEL_COLUMNS).slice(0, MOST_CAUSE_LINES);
  const style = cause.kind === 'failure' ? paint.bad : paint.waiting;
  const step = failedStepWords(state, history, paint);
  return [
    { label: 'cause', lines: sentence.map(style) },
    { label: 'in step', lines: step === null ? [] : [step] },
    ...evidenceFacts(cause),
  ];
}

function behindFacts(state: DeploymentState, { paint }: OutcomeOptions): Labelled[] {
  const all = targetsBehind(state);
  const lines = all.slice(0, MOST_LISTED).map(paint.waiting);
  if (all.length > MOST_LISTED) lines.push(paint.waiting(`and ${all.length - MOST_LISTED} more`));
  return [{ label: 'behind', lines }];
}

function undoneFacts(state: DeploymentState, history: RolloutHistory, options: OutcomeOptions): Labelled[] {
  const { paint, columns } = options;
  const undone = undoneWords(state, history, paint);
  if (undone === null) return [];
  const lines = wrap(undone.sentence, columns - LABEL_COLUMNS).slice(0, 2);
  return [{ label: 'undone', lines: undone.ok ? lines : lines.map(paint.bad) }];
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
