/** Lists of deployments as aligned tables. */
import type { DeploymentSummary } from '../../domain/summary.ts';
import { clean } from '../../words/clean.ts';
import { formatAgo, formatDuration } from '../../words/durations-text.ts';
import { outcomeWords } from '../../words/outcome-words.ts';
import type { Paint } from '../../words/paint.ts';
import { formatCount, inWords } from '../../words/words.ts';
import { table } from './layout.ts';
import { truncate } from './text.ts';

export interface TableOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What `sluice history` prints: a line a deployment, in the order given, and one with the reason where there is one. */
export function renderHistory(
  summaries: readonly DeploymentSummary[],
  { paint, columns, now }: TableOptions,
): string[] {
  if (summaries.length === 0) return [];
  const isMixed = new Set(summaries.map((summary) => summary.environment)).size > 1;
  const heads = [
    '',
    'deployment',
    'version',
    isMixed ? 'in' : '',
    'strategy',
    'targets',
    'when',
    'took',
    'by',
  ];
  const rows = summaries.map((summary) => [
    summaryWords(summary, paint).symbol,
    paint.strong(summary.id),
    summary.version,
    isMixed ? summary.environment : '',
    clean(summary.strategy),
    formatCount(summary.targets),
    formatAgo(now - summary.createdAt),
    formatDuration((summary.endedAt ?? now) - summary.createdAt),
    clean(summary.by),
  ]);
  const right = { align: 'right' } as const;
  const shape = [{}, {}, {}, {}, {}, right, {}, right, { flexible: true }] as const;
  const [head = '', ...lines] = table([heads, ...rows], shape, columns, paint.symbols.ellipsis);
  const told = lines.flatMap((line, at) => {
    const reason = summaries[at]?.reason ?? null;
    return reason === null ? [line] : [line, paint.dim(`   ${inWords(reason)}`)];
  });
  return [paint.dim(head), ...told].map((line) => truncate(line, columns, paint.symbols.ellipsis));
}

export interface SummaryWords {
  readonly symbol: string;
  /** `completed`, `paused`, `rolling back`. */
  readonly title: string;
}

/** How a deployment stands or ended, in its colour. */
export function summaryWords({ phase, outcome }: DeploymentSummary, paint: Paint): SummaryWords {
  if (outcome !== null) return outcomeWords(outcome, paint);
  const { back, paused, spinner } = paint.symbols;
  switch (phase) {
    case 'paused':
      return { symbol: paint.waiting(paused), title: paint.waiting('paused') };
    case 'rolling-back':
      return { symbol: paint.waiting(back), title: paint.waiting('rolling back') };
    default:
      return { symbol: paint.waiting(spinner[0] ?? ''), title: paint.waiting('under way') };
  }
}
