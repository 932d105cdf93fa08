/** What `sluice show` prints: the story of one deployment, event by event, and how each target ended. */
import { evolve } from '../../domain/evolve.ts';
import { gateOf } from '../../domain/gate.ts';
import { type DeploymentState, initialState } from '../../domain/state.ts';
import type { StoredEvent } from '../../journal/journal.ts';
import { formatDateTime, formatDuration } from './durations-text.ts';
import { type EventWords, eventWords } from './event-words.ts';
import { evidenceFacts, logLines } from './evidence-text.ts';
import { gateFacts } from './gate-words.ts';
import { labelledLines, table } from './layout.ts';
import { outcomeWords } from './outcome-words.ts';
import type { Paint } from './paint.ts';
import { clean, spread, truncate, wrap } from './text.ts';
import { causeSentence, formatCount, fromLabel, idList, newLabel, oldLabel, withoutTarget } from './words.ts';

export interface TimelineOptions {
  readonly paint: Paint;
  readonly columns: number;
}

/** Targets that failed and are listed one by one. */
const MOST_FAILED = 20;
const MOST_LOG_LINES = 40;
const LABEL_COLUMNS = 8;

/** The story as lines. Events that say the same, such as checks that pass, are one line with their number. */
export function renderTimeline(
  id: string,
  events: readonly StoredEvent[],
  options: TimelineOptions,
): string[] {
  const { paint, columns } = options;
  const { state, rows } = tell(id, events, paint);
  if (state === null) return [];
  const cells = rows.map(({ seq, at, count, words }) => [
    paint.dim(String(seq)),
    paint.dim(`+${formatDuration(at - (rows[0]?.at ?? at))}`),
    `${words.inStep ? '   ' : ''}${words.text}${count > 1 ? paint.dim(` (${formatCount(count)} times)`) : ''}`,
    words.tookMs === null ? '' : paint.dim(formatDuration(words.tookMs)),
  ]);
  const shape = [{ align: 'right' }, { align: 'right' }, { flexible: true }, { align: 'right' }] as const;
  const { ellipsis } = paint.symbols;
  return [
    ...header(state, options),
    '',
    ...table(cells, shape, columns, ellipsis),
    '',
    ...targetLines(state, options),
    ...gateLines(state, rows.at(-1)?.at ?? 0, options),
    ...causeLines(state, options),
  ].map((line) => truncate(line.trimEnd(), columns, ellipsis));
}

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly words: EventWords;
  /** How many in a row say the same. */
  count: number;
}

function tell(
  id: string,
  events: readonly StoredEvent[],
  paint: Paint,
): { readonly state: DeploymentState | null; readonly rows: readonly Row[] } {
  let state: DeploymentState | null = null;
  const rows: Row[] = [];
  for (const { seq, event } of events) {
    for (const words of eventWords(event, state, paint)) {
      const last = rows.at(-1);
      const isRepeated = last !== undefined && words.inStep && last.words.text === words.text;
      if (isRepeated) last.count++;
      else rows.push({ seq, at: event.at, words, count: 1 });
    }
    if (event.type === 'deployment-created') state = initialState(id, event.plan, event.by);
    else if (state !== null) state = evolve(state, event);
  }
  return { state, rows };
}

function header(state: DeploymentState, { paint, columns }: TimelineOptions): string[] {
  const { plan } = state;
  const { arrow, ellipsis, separator } = paint.symbols;
  const old = oldLabel(plan);
  const versions = `${old === null ? '' : `${old} ${arrow} `}${paint.strong(newLabel(plan))}`;
  const ended =
    state.outcome === null ? paint.waiting('has not ended') : outcomeWords(state.outcome, paint).title;
  const facts = [
    `${clean(plan.strategy.name)} in ${plan.environment}`,
    `by ${clean(state.by)}`,
    ...(state.startedAt === null ? [] : [formatDateTime(state.startedAt)]),
  ];
  return [
    spread(`${paint.strong(state.id)}  ${plan.service} ${versions}`, ended, columns, ellipsis),
    paint.dim(facts.join(` ${separator} `)),
  ];
}

/** What it waits for, where that is people. */
function gateLines(state: DeploymentState, at: number, { paint, columns }: TimelineOptions): string[] {
  const gate = gateOf(state);
  if (gate === null) return [];
  const words = [`"${clean(gate.question)}"`, ...gateFacts(gate, at)].join(', ');
  const lines = wrap(words, columns - LABEL_COLUMNS).map(paint.waiting);
  return ['', ...labelledLines([{ label: 'asks', lines }], LABEL_COLUMNS, paint)];
}

/** Why it did not complete, with all the evidence there is. */
function causeLines({ cause }: DeploymentState, { paint, columns }: TimelineOptions): string[] {
  if (cause === null) return [];
  const sentence = wrap(causeSentence(cause), columns - LABEL_COLUMNS);
  const facts = [
    { label: 'cause', lines: sentence.map(paint.bad) },
    ...evidenceFacts(cause),
    { label: 'log', lines: logLines(cause.evidence, MOST_LOG_LINES, paint) },
  ];
  return ['', ...labelledLines(facts, LABEL_COLUMNS, paint)];
}

/** Targets that came to the same, in one line; those that failed, each with its reason. */
function targetLines(state: DeploymentState, { paint, columns }: TimelineOptions): string[] {
  const { ellipsis } = paint.symbols;
  const alike = new Map<string, string[]>();
  const failed: string[][] = [];
  for (const [index, { id }] of state.plan.targets.entries()) {
    const target = state.targets.get(index);
    const runs = [
      ...(target.new === 'none' ? [] : [newLabel(state.plan)]),
      ...(target.old === 'none' ? [] : [fromLabel(state.plan, index) ?? '']),
    ];
    const words = runs.length === 0 ? paint.bad('runs nothing') : `runs ${runs.join(' and ')}`;
    if (target.failure === null) alike.set(words, [...(alike.get(words) ?? []), id]);
    else failed.push([id, words, paint.bad(`failed: ${withoutTarget(target.failure.message, id)}`)]);
  }
  const rows = [
    ...[...alike].map(([words, ids]) => [idList(ids, ellipsis), words, '']),
    ...failed.slice(0, MOST_FAILED),
  ];
  const more = failed.length - MOST_FAILED;
  const shape = [{}, {}, { flexible: true }] as const;
  return [
    paint.dim('targets'),
    ...table(rows, shape, columns - 2, ellipsis).map((line) => `  ${line}`),
    ...(more > 0 ? [paint.bad(`  and ${formatCount(more)} more failed`)] : []),
  ];
}
