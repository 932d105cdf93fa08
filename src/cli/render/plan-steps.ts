/** The steps of a plan as a table: what is done and how, and what each costs in capacity and traffic. */
import type { Plan } from '../../domain/plan.ts';
import type { PlanPreview, StepPreview } from '../../domain/preview.ts';
import type { Paint } from '../../words/paint.ts';
import { describeStep, type StepWords } from '../../words/step-words.ts';
import { formatCount, formatPercent, newLabel } from '../../words/words.ts';
import { bar, type Column, table } from './layout.ts';
import { padStart, visibleWidth } from './text.ts';

const BAR_COLUMNS = 10;
/** Of `12.5 %`, beside the bar. */
const PERCENT_COLUMNS = 6;
const GAP = 2;

interface Look {
  readonly paint: Paint;
  readonly columns: number;
}

/** A line a step, and one more where it does not fit how the step is done; that is said once. */
export function planSteps(plan: Plan, preview: PlanPreview, { paint, columns }: Look): string[] {
  const words = preview.steps.map(({ step }) => describeStep(step, plan, paint.symbols));
  const cells = costs(plan, preview, paint);
  const costColumns = [0, 1, 2].reduce((sum, at) => sum + widest(cells.map((row) => row[at] ?? '')), 0);
  const room = columns - widest([String(words.length)]) - costColumns - 4 * GAP;
  const isBeside =
    widest(words.map(({ title }) => title)) + GAP + widest(words.map(({ how }) => how ?? '')) <= room;

  const [head = [], ...rows] = cells;
  const numbered = rows.map((row, at) => {
    const { title, how } = words[at] as StepWords;
    const step = isBeside ? [title, paint.dim(how ?? '')] : [inOneLine(title, how, room), ''];
    return [paint.dim(String(at + 1)), ...step, ...row];
  });
  const lines = table([['', 'step', isBeside ? 'how' : '', ...head], ...numbered], SHAPE, columns);
  const indent = ' '.repeat(widest([String(words.length)]) + GAP);
  const told = new Set<string>();
  return lines.flatMap((line, at) => {
    if (at === 0) return [paint.dim(line)];
    const { title, how } = words[at - 1] as StepWords;
    if (isBeside || how === null || told.has(how) || inOneLine(title, how, room) !== title) return [line];
    told.add(how);
    return [line, `${indent}${paint.dim(how)}`];
  });
}

const SHAPE: readonly Column[] = [
  { align: 'right' },
  { flexible: true },
  {},
  { align: 'right' },
  { align: 'right' },
  {},
];

/** Both, where they fit beside what the step costs; else only the title. */
function inOneLine(title: string, how: string | null, room: number): string {
  if (how === null) return title;
  const both = `${title}, ${how}`;
  return visibleWidth(both) <= room ? both : title;
}

/** Extra instances, targets that serve, share of the traffic: a row of headings, then a row a step. */
function costs(plan: Plan, preview: PlanPreview, paint: Paint): string[][] {
  const shares = sharesAfter(plan, preview.steps);
  const head = [
    preview.peakExtraInstances > 0 ? 'extra' : '',
    'serving',
    `${plan.capabilities.routed ? 'traffic to' : 'targets on'} ${newLabel(plan)}`,
  ];
  const rows = preview.steps.map(({ extraInstances, minServing }, at) => {
    const extra = extraInstances > 0 ? `+${formatCount(extraInstances)}` : '';
    const total = plan.targets.length;
    const serving = `${formatCount(minServing)}/${formatCount(total)}`;
    return [extra, minServing < total ? paint.waiting(serving) : serving, shareBar(shares[at] ?? 0, paint)];
  });
  return [head, ...rows];
}

function shareBar(percent: number, paint: Paint): string {
  const number = padStart(formatPercent(percent), PERCENT_COLUMNS);
  return `${bar(percent, BAR_COLUMNS, paint)} ${percent === 0 ? paint.dim(number) : number}`;
}

/** Share of the traffic after each step: the split, or what comes of equal parts where there is none. */
function sharesAfter(plan: Plan, steps: readonly StepPreview[]): number[] {
  const onNew = new Set<string>();
  const onOld = new Set<string>();
  for (const { id, from } of plan.targets) {
    if (from !== null) (from === plan.release.id ? onNew : onOld).add(id);
  }
  return steps.map(({ step, percent }) => {
    for (const id of step.kind === 'update' ? step.targets : []) {
      onNew.add(id);
      if (step.kind === 'update' && step.mode !== 'beside') onOld.delete(id);
    }
    if (step.kind === 'retire') onOld.clear();
    if (onNew.size === 0) return 0;
    return onOld.size === 0 ? 100 : (percent ?? (100 * onNew.size) / (onNew.size + onOld.size));
  });
}

function widest(cells: readonly string[]): number {
  return Math.max(0, ...cells.map(visibleWidth));
}
