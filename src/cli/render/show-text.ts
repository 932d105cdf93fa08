/** What `sluice show` prints: what came of a deployment and why, its steps, who decided what, its targets, its story. */
import type { Account, StepAccount } from '../../domain/account.ts';
import { gateOf } from '../../domain/gate.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { StoredEvent } from '../../journal/journal.ts';
import { clean } from '../../words/clean.ts';
import { formatDateTime, formatDuration, formatTime } from '../../words/durations-text.ts';
import { gateFacts } from '../../words/gate-words.ts';
import { outcomeWords } from '../../words/outcome-words.ts';
import type { Paint } from '../../words/paint.ts';
import { describeStep } from '../../words/step-words.ts';
import { causeSentence, counted, newLabel, oldLabel } from '../../words/words.ts';
import { evidenceFacts, logLines } from './evidence-text.ts';
import { labelledLines, table } from './layout.ts';
import { targetLines } from './show-targets.ts';
import { spread, truncate, wrap } from './text.ts';
import { renderTimeline } from './timeline.ts';

export interface ShowOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Every target in a line of its own, and in the timeline. */
  readonly allTargets: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const MOST_LOG_LINES = 40;
const LABEL_COLUMNS = 8;
const SHORT_DIGEST = 8;
/** With more targets, what a step does on them is told together. */
const MOST_TOLD_APART = 16;

export function renderShow(account: Account, events: readonly StoredEvent[], options: ShowOptions): string[] {
  const { paint, columns, allTargets } = options;
  const { state, targets } = account;
  const apart = allTargets || targets.length <= MOST_TOLD_APART;
  const blocks = [
    header(account, options),
    causeLines(state, options),
    gateLines(state, options),
    block('steps', stepLines(account, options), paint),
    block('asked', askedLines(account, options), paint),
    block('targets', targetLines(account, options), paint),
    block('timeline', renderTimeline(state.id, events, { paint, columns, apart }), paint),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
    .map((line) => truncate(line, columns, paint.symbols.ellipsis).trimEnd());
}

function block(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint.dim(title), ...lines];
}

function header({ state, createdAt, controllers }: Account, options: ShowOptions): string[] {
  const { paint, columns, now } = options;
  const { plan } = state;
  const { arrow, ellipsis, separator } = paint.symbols;
  const old = oldLabel(plan);
  const versions = `${old === null ? '' : `${old} ${arrow} `}${paint.strong(newLabel(plan))}`;
  const ended =
    state.outcome === null ? paint.waiting(whereItStands(state)) : outcomeWords(state.outcome, paint).title;
  const took = formatDuration((state.endedAt ?? now) - createdAt);
  const what = [
    `${clean(plan.strategy.name)} in ${plan.environment}`,
    counted(plan.targets.length, 'target'),
    `plan ${plan.digest.slice(0, SHORT_DIGEST)}`,
    `by ${clean(state.by)}`,
  ];
  const when = [
    `began ${formatDateTime(createdAt)}`,
    state.endedAt === null ? `${took} ago` : `took ${took}`,
    ...(controllers.length > 1 ? [`by ${counted(controllers.length, 'controller')} in turn`] : []),
  ];
  return [
    spread(`${paint.strong(state.id)}  ${plan.service} ${versions}`, ended, columns, ellipsis),
    paint.dim(what.join(` ${separator} `)),
    paint.dim(when.join(` ${separator} `)),
  ];
}

function whereItStands({ paused, direction, stopped }: DeploymentState): string {
  if (paused !== null) return 'paused';
  if (stopped) return 'runs its hooks for a failure';
  return direction === 'back' ? 'rolling back' : 'has not ended';
}

/** Why it did not complete, with all the evidence there is; where it did, what failed within what may fail. */
function causeLines({ cause, outcome }: DeploymentState, { paint, columns }: ShowOptions): string[] {
  if (cause === null) return [];
  const sentence = wrap(causeSentence(cause), columns - LABEL_COLUMNS);
  const facts = [
    { label: outcome === 'completed' ? 'failed' : 'cause', lines: sentence.map(paint.bad) },
    ...evidenceFacts(cause),
    { label: 'log', lines: logLines(cause.evidence, MOST_LOG_LINES, paint) },
  ];
  return labelledLines(facts, LABEL_COLUMNS, paint);
}

/** What it waits for, where that is people. */
function gateLines(state: DeploymentState, { paint, columns, now }: ShowOptions): string[] {
  const gate = gateOf(state);
  if (gate === null) return [];
  const words = [`"${clean(gate.question)}"`, ...gateFacts(gate, now)].join(', ');
  const lines = wrap(words, columns - LABEL_COLUMNS).map(paint.waiting);
  return labelledLines([{ label: 'asks', lines }], LABEL_COLUMNS, paint);
}

function stepLines({ steps, state, createdAt }: Account, { paint, columns, now }: ShowOptions): string[] {
  const rows = steps.map((one) => {
    const { title } = describeStep(one.step, state.plan, paint.symbols);
    const isBegun = one.startedAt !== null;
    const told = one.note ?? (one.cause === null ? null : causeSentence(one.cause));
    const words = `${one.direction === 'back' ? 'back: ' : ''}${title}${told === null ? '' : `: ${clean(told)}`}`;
    return [
      stepMark(one, paint),
      paint.dim(String(one.position + 1)),
      isBegun ? words : paint.dim(words),
      isBegun ? paint.dim(`+${formatDuration((one.startedAt ?? 0) - createdAt)}`) : '',
      tookWords(one, paint, now),
    ];
  });
  const right = { align: 'right' } as const;
  return table(rows, [{}, right, { flexible: true }, right, right], columns, paint.symbols.ellipsis);
}

function stepMark({ outcome, direction }: StepAccount, paint: Paint): string {
  const { done, failed, back, todo, spinner } = paint.symbols;
  switch (outcome) {
    case 'done':
      return direction === 'back' ? paint.waiting(back) : paint.good(done);
    case 'failed':
      return paint.bad(failed);
    case 'cut-short':
      return paint.waiting(failed);
    case 'under-way':
      return paint.waiting(spinner[0] ?? '');
    case 'not-begun':
      return paint.dim(todo);
  }
}

function tookWords({ outcome, startedAt, endedAt }: StepAccount, paint: Paint, now: number): string {
  if (startedAt === null) return paint.dim('not begun');
  const took = formatDuration((endedAt ?? now) - startedAt);
  if (outcome === 'cut-short') return paint.waiting(`cut short ${took}`);
  return outcome === 'under-way' ? paint.waiting(`so far ${took}`) : paint.dim(took);
}

/** Who asked for what, and why. */
function askedLines({ signals }: Account, { paint, columns }: ShowOptions): string[] {
  const rows = signals.map(({ at, by, signal, full, digest, reason, refused }) => [
    paint.dim(`${formatTime(at)} UTC`),
    clean(by),
    paint.waiting(full ? `${signal} fully` : signal),
    [
      ...(reason === null ? [] : [clean(reason)]),
      ...(digest === null ? [] : [paint.dim(`plan ${digest.slice(0, SHORT_DIGEST)}`)]),
      ...(refused === null ? [] : [paint.bad(`refused: ${clean(refused)}`)]),
    ].join('; '),
  ]);
  return table(rows, [{}, {}, {}, { flexible: true }], columns, paint.symbols.ellipsis);
}
