/** What `sluice prune` prints: what went of the history of each service, and what stays. */
import type { LeaseKey } from '../../journal/journal.ts';
import type { ExpiredHistory } from '../../project/history-retention.ts';
import { formatSpan } from '../../words/durations-text.ts';
import type { Paint } from '../../words/paint.ts';
import { counted, formatCount, idList } from '../../words/words.ts';
import { truncate, wrap } from './text.ts';

export interface PrunedHistory extends LeaseKey, ExpiredHistory {
  readonly rules: { readonly keep: number; readonly maxAgeMs: number };
}

export interface PrunedOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Nothing has been removed. */
  readonly isDryRun: boolean;
}

const INDENT = 2;

export function renderPruned(services: readonly PrunedHistory[], options: PrunedOptions): string[] {
  const { columns, paint } = options;
  return services
    .flatMap((one) => linesOf(one, options))
    .map((line) => truncate(line, columns, paint.symbols.ellipsis));
}

function linesOf(pruned: PrunedHistory, { paint, columns, isDryRun }: PrunedOptions): string[] {
  const { service, environment, deployments, plans, of, rules } = pruned;
  const place = `${paint.strong(service)} ${paint.dim(`in ${environment}`)}`;
  const kept = [
    counted(of.deployments - deployments.length, 'deployment'),
    counted(of.plans - plans.length, 'saved plan'),
  ];
  const rule = `the newest ${formatCount(rules.keep)}, at most ${formatSpan(rules.maxAgeMs)} old, and what a rollback needs`;
  const keeps = wrap(`keeps ${kept.join(' and ')}: ${rule}`, columns - INDENT).map((line) =>
    paint.dim(`${' '.repeat(INDENT)}${line}`),
  );
  if (deployments.length + plans.length === 0) return [`${place}: nothing to remove`, ...keeps];
  const events = deployments.reduce((sum, { seq }) => sum + seq, 0);
  const ids = deployments.map(({ id }) => id).toReversed();
  const went = [
    ...(ids.length === 0
      ? []
      : [
          `${counted(ids.length, 'deployment')} (${idList(ids, paint.symbols.ellipsis)}) of ${counted(events, 'event')}`,
        ]),
    ...(plans.length === 0 ? [] : [counted(plans.length, 'saved plan')]),
  ];
  return [`${place}: ${isDryRun ? 'would remove' : 'removed'} ${went.join(' and ')}`, ...keeps];
}
