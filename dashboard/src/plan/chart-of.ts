/** Where the columns of the picture of a plan stand. Pure. */
import type { Plan } from '../../../src/domain/plan.ts';
import type { PlanPreview } from '../../../src/domain/preview.ts';

export interface Column {
  /** As `1` is the first. */
  readonly step: number;
  /** Both 0 to 1, of the whole width. */
  readonly from: number;
  readonly to: number;
  /** 0 to 1, of the targets. */
  readonly serving: number;
  /** 0 to 1, what the new release gets once the step is done. */
  readonly traffic: number;
}

/** As wide as a step that does not wait, at most: a bake of a day is not to hide everything else. */
const WIDEST = 4;

/** Each step a column, up to four times as wide for those that wait longest. */
export function chartOf(
  plan: Plan,
  { steps }: Pick<PlanPreview, 'steps'>,
): { readonly columns: readonly Column[]; readonly least: number } {
  const longest = Math.max(...steps.map(({ waitsMs }) => waitsMs), 1);
  const widths = steps.map(({ waitsMs }) => (waitsMs === 0 ? 1 : 1 + (WIDEST - 1) * (waitsMs / longest)));
  const whole = widths.reduce((sum, width) => sum + width, 0);
  const targets = Math.max(plan.targets.length, 1);
  const columns: Column[] = [];
  let from = 0;
  let traffic = 0;
  for (const [index, { minServing, percent }] of steps.entries()) {
    const to = index === steps.length - 1 ? 1 : from + (widths[index] ?? 1) / whole;
    traffic = percent === null ? traffic : percent / 100;
    columns.push({ step: index + 1, from, to, serving: Math.min(1, minServing / targets), traffic });
    from = to;
  }
  const isFirst = plan.targets.every((target) => target.from === null);
  return { columns, least: isFirst ? 0 : Math.min(1, plan.policy.minAvailable / targets) };
}
