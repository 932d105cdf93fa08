/** The targets of a deployment as `sluice show` lists them: those that came to the same in one line. */
import type { Account, TargetAccount } from '../../domain/account.ts';
import { type DeploymentState, isUnreachable } from '../../domain/state.ts';
import { formatDuration } from '../../words/durations-text.ts';
import type { Paint } from '../../words/paint.ts';
import { formatCount, fromLabel, idList, newLabel, withoutTarget } from '../../words/words.ts';
import { table } from './layout.ts';
import { wrap } from './text.ts';

export interface TargetOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Every target in a line of its own. */
  readonly allTargets: boolean;
}

/** Reasons to fail that are listed. */
const MOST_FAILED = 20;
const INDENT = 3;

/** Targets that came to the same. */
interface Alike {
  readonly ids: string[];
  readonly runs: string;
  readonly failure: string;
  attempts: number;
  shortestMs: number;
  longestMs: number;
}

export function targetLines({ state, targets }: Account, options: TargetOptions): string[] {
  const { paint, columns, allTargets } = options;
  const groups = new Map<string, Alike>();
  for (const [index, target] of targets.entries()) {
    const runs = runsWords(state, target, index, paint);
    const failure = failureWords(target);
    addTo(groups, allTargets ? target.id : `${runs}\n${failure}`, target, runs, failure);
  }
  const all = [...groups.values()];
  const inOrder = allTargets
    ? all
    : all.toSorted((a, b) => Number(a.failure !== '') - Number(b.failure !== ''));
  const most = inOrder.filter(({ failure }) => failure === '').length + MOST_FAILED;
  const shown = allTargets ? inOrder : inOrder.slice(0, most);
  const { ellipsis } = paint.symbols;
  const lines = table(
    shown.map((alike) => cellsOf(alike, paint)),
    [{ flexible: true }, {}, {}, {}],
    columns,
    ellipsis,
  );
  const told = lines.flatMap((line, at) => {
    const failure = shown[at]?.failure ?? '';
    const words = wrap(`failed: ${failure}`, columns - INDENT).map(
      (one) => `${' '.repeat(INDENT)}${paint.bad(one)}`,
    );
    return failure === '' ? [line] : [line, ...words];
  });
  const untold = inOrder.slice(shown.length).reduce((sum, { ids }) => sum + ids.length, 0);
  if (untold === 0) return told;
  return [...told, paint.bad(`and ${formatCount(untold)} more failed; --targets lists them all`)];
}

function addTo(
  groups: Map<string, Alike>,
  key: string,
  { id, attempts, tookMs }: TargetAccount,
  runs: string,
  failure: string,
): void {
  const known = groups.get(key);
  if (known === undefined) {
    groups.set(key, { ids: [id], runs, failure, attempts, shortestMs: tookMs, longestMs: tookMs });
    return;
  }
  known.ids.push(id);
  known.attempts = Math.max(known.attempts, attempts);
  known.shortestMs = Math.min(known.shortestMs, tookMs);
  known.longestMs = Math.max(known.longestMs, tookMs);
}

function cellsOf({ ids, runs, attempts, shortestMs, longestMs }: Alike, paint: Paint): string[] {
  const [shortest, longest] = [formatDuration(shortestMs), formatDuration(longestMs)];
  const upTo = ids.length > 1 ? 'up to ' : '';
  return [
    idList(ids, paint.symbols.ellipsis),
    runs,
    attempts > 1 ? paint.waiting(`${upTo}${attempts} tries`) : '',
    attempts === 0 ? '' : paint.dim(shortest === longest ? longest : `${shortest} to ${longest}`),
  ];
}

function runsWords(state: DeploymentState, target: TargetAccount, index: number, paint: Paint): string {
  const runs = [
    ...(target.state.new === 'none' ? [] : [newLabel(state.plan)]),
    ...(target.state.old === 'none' ? [] : [fromLabel(state.plan, index) ?? '']),
  ];
  if (isUnreachable(target.state)) {
    return paint.bad(runs.length === 0 ? 'out of reach' : `out of reach, may run ${runs.join(' or ')}`);
  }
  return runs.length === 0 ? paint.bad('runs nothing') : `runs ${runs.join(' and ')}`;
}

function failureWords({ id, state }: TargetAccount): string {
  return state.failure === null ? '' : withoutTarget(state.failure.message, id);
}
