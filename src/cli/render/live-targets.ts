/** The targets in the live view: a line each, a cell each, or a mark each, whatever fits. */
import type { InstancePhase, TargetState } from '../../domain/state.ts';
import type { Side } from '../../domain/step.ts';
import { formatRunning } from '../../words/durations-text.ts';
import { CONDITIONS, type Condition, conditionMark, conditionWords } from '../../words/fleet.ts';
import { DOING } from '../../words/operation-words.ts';
import type { Paint } from '../../words/paint.ts';
import { formatCount, fromLabel, newLabel, withoutTarget } from '../../words/words.ts';
import { type Need, table } from './layout.ts';
import { LABEL_COLUMNS, type LiveScene } from './live-scene.ts';
import { padEnd, spread, truncate, visibleWidth } from './text.ts';

/** More targets than this get no line of their own. */
const MOST_LINES = 12;
const MOST_CELL_ROWS = 6;
const MOST_MAP_ROWS = 8;
const WIDEST_CELL = 24;

/** One row for the counts, and as many as the finest view that suits so many targets takes. */
export function targetsNeed(scene: LiveScene): Need {
  const { total } = scene.fleet;
  if (total <= MOST_LINES) return { min: 1, want: 1 + total };
  const cells = cellsOf(scene);
  if (cells !== null && cells.rows <= MOST_CELL_ROWS) return { min: 1, want: 1 + cells.rows };
  const mapRows = Math.ceil(total / mapColumns(scene));
  return { min: 1, want: 1 + Math.min(MOST_MAP_ROWS, mapRows) };
}

/** The counts, and the targets in the finest view that fits into the rest of `rows`. */
export function targetsPart(scene: LiveScene, rows: number): string[] {
  if (rows === 0) return [];
  const { total } = scene.fleet;
  const room = rows - 1;
  if (total === 0 || room === 0) return [countsLine(scene, 1)];
  if (total <= room && total <= MOST_LINES) return [countsLine(scene, 1), ...targetLines(scene)];
  const cells = cellsOf(scene);
  if (cells !== null && cells.rows <= room) return [countsLine(scene, 1), ...cellLines(scene, cells)];
  const perMark = Math.ceil(total / (room * mapColumns(scene)));
  return [countsLine(scene, perMark), ...mapLines(scene, perMark)];
}

/** How many targets are in which condition, with their marks: also the legend of cells and maps. */
function countsLine({ state, fleet, paint, columns }: LiveScene, perMark: number): string {
  const words = conditionWords(state.plan);
  const counts = CONDITIONS.toReversed().flatMap((condition) => {
    const count = fleet.counts[condition];
    return count === 0
      ? []
      : [`${conditionMark(condition, paint)} ${formatCount(count)} ${words[condition]}`];
  });
  const label = paint.dim(padEnd('targets', LABEL_COLUMNS));
  const serving = `${formatCount(fleet.available)} of ${formatCount(fleet.total)} serve`;
  const scale = perMark > 1 ? paint.dim(`   a mark is ${formatCount(perMark)} targets`) : '';
  const line = `${label}${counts.join('   ')}${scale}`;
  return spread(
    line,
    fleet.available < fleet.total ? paint.waiting(serving) : paint.dim(serving),
    columns,
    paint.symbols.ellipsis,
  );
}

function targetLines(scene: LiveScene): string[] {
  const { state, fleet, paint, columns } = scene;
  const rows = [...state.targets].map((target, index) => {
    const id = state.plan.targets[index]?.id ?? '';
    const mark = conditionMark(fleet.conditions[index] ?? 'none', paint);
    const failure = target.failure === null ? '' : paint.bad(withoutTarget(target.failure.message, id));
    return [
      `${mark} ${id}`,
      sideText(scene, index, target, 'old'),
      sideText(scene, index, target, 'new'),
      failure,
    ];
  });
  const indent = ' '.repeat(LABEL_COLUMNS);
  const lines = table(
    rows,
    [{}, {}, {}, { flexible: true }],
    columns - LABEL_COLUMNS,
    paint.symbols.ellipsis,
  );
  return lines.map((line) => indent + line);
}

/** One release on one target: `1.1.0 waiting until healthy 3 s`; empty where it has nothing to do with it. */
function sideText(scene: LiveScene, index: number, target: TargetState, side: Side): string {
  const { state, paint, now } = scene;
  const label = side === 'new' ? newLabel(state.plan) : fromLabel(state.plan, index);
  if (label === null) return '';
  const active = state.step?.active.get(index);
  if (active !== undefined && active.side === side && active.operation !== 'prune') {
    const runningMs = now - active.startedAt;
    const since = runningMs < 1_000 ? '' : ` ${formatRunning(runningMs)}`;
    return `${label} ${paint.waiting(`${DOING[active.operation]}${since}`)}`;
  }
  const phase = target[side];
  if (phase === 'none') return side === 'new' && target.staged ? paint.dim(`${label} staged`) : '';
  if (phase === 'attempted') return `${label} ${paint.waiting(attemptedWords(scene, index))}`;
  return `${label} ${phaseWords(phase, hasShare(scene, side), paint)}`;
}

/** It was tried to start it, or another in its place: whether it runs is not known. */
function attemptedWords({ state }: LiveScene, index: number): string {
  if (state.step?.active.get(index)?.operation === 'activate') return 'being replaced';
  return state.step?.waiting.has(index) === true ? 'about to start again' : 'may or may not run';
}

/** Under a split a side may run, ready, and get nothing. */
function hasShare({ fleet }: LiveScene, side: Side): boolean {
  if (fleet.share === null) return false;
  return side === 'new' ? fleet.share > 0 : fleet.share < 100;
}

function phaseWords(
  phase: Exclude<InstancePhase, 'none' | 'attempted'>,
  hasTraffic: boolean,
  paint: Paint,
): string {
  switch (phase) {
    case 'serving':
      return hasTraffic ? paint.good('serves') : paint.dim('ready, no traffic');
    case 'failing':
      return paint.bad('unhealthy');
    case 'started':
      return paint.waiting('started');
    case 'healthy':
      return paint.waiting('healthy, no traffic yet');
    case 'draining':
      return paint.waiting('draining');
    case 'drained':
      return paint.waiting('drained');
  }
}

interface Cells {
  readonly width: number;
  readonly perRow: number;
  readonly rows: number;
}

/** How cells with a mark and an id each would stand; `null` where there are too many to try. */
function cellsOf({ state, columns }: LiveScene): Cells | null {
  const { targets } = state.plan;
  if (targets.length > MOST_CELL_ROWS * columns) return null;
  const longest = Math.max(0, ...targets.map(({ id }) => visibleWidth(id)));
  const width = Math.min(WIDEST_CELL, longest + 2) + 2;
  const perRow = Math.max(1, Math.floor((columns - LABEL_COLUMNS + 2) / width));
  return { width, perRow, rows: Math.ceil(targets.length / perRow) };
}

function cellLines(scene: LiveScene, { width, perRow }: Cells): string[] {
  const { state, fleet, paint } = scene;
  const cells = fleet.conditions.map((condition, index) => {
    const id = state.plan.targets[index]?.id ?? '';
    const cell = `${conditionMark(condition, paint)} ${id}`;
    return padEnd(truncate(cell, width - 2, paint.symbols.ellipsis), width);
  });
  const lines: string[] = [];
  for (let start = 0; start < cells.length; start += perRow) {
    lines.push(
      ' '.repeat(LABEL_COLUMNS) +
        cells
          .slice(start, start + perRow)
          .join('')
          .trimEnd(),
    );
  }
  return lines;
}

function mapColumns({ columns }: LiveScene): number {
  return Math.max(1, columns - LABEL_COLUMNS);
}

/** A mark for each `perMark` targets, that of the one that needs attention most. */
function mapLines(scene: LiveScene, perMark: number): string[] {
  const width = mapColumns(scene);
  const all = scene.fleet.conditions;
  const marks: Condition[] = [];
  for (let start = 0; start < all.length; start += perMark) {
    marks.push(mostPressing(all, start, Math.min(all.length, start + perMark)));
  }
  const lines: string[] = [];
  for (let start = 0; start < marks.length; start += width) {
    lines.push(' '.repeat(LABEL_COLUMNS) + markLine(marks.slice(start, start + width), scene.paint));
  }
  return lines;
}

/** Marks of one kind that stand together are painted together. */
function markLine(marks: readonly Condition[], paint: Paint): string {
  let line = '';
  for (let start = 0; start < marks.length; ) {
    const condition = marks[start] as Condition;
    let end = start;
    while (marks[end] === condition) end++;
    line += conditionMark(condition, paint, end - start);
    start = end;
  }
  return line;
}

function mostPressing(all: readonly Condition[], start: number, end: number): Condition {
  let pressing: Condition = all[start] ?? 'none';
  for (let at = start + 1; at < end; at++) {
    const other = all[at] as Condition;
    if (CONDITIONS.indexOf(other) < CONDITIONS.indexOf(pressing)) pressing = other;
  }
  return pressing;
}
