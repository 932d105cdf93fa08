/** The plan over time: how much serves, and whom the traffic goes to. What it shows is in the table below it, too, in words. */
import type { Plan } from '../../../src/domain/plan.ts';
import type { PlanPreview } from '../../../src/domain/preview.ts';
import { chartOf } from './chart-of.ts';

interface PlanChartProps {
  readonly plan: Plan;
  readonly preview: PlanPreview;
}

const WIDTH = 1_000;
const HEIGHT = 130;
const TOP = 8;
const BOTTOM = 18;

/** Steps that have their number written below them. */
const MOST_NUMBERED = 25;

export function PlanChart({ plan, preview }: PlanChartProps) {
  if (preview.steps.length === 0) return null;
  const { columns, least } = chartOf(plan, preview);
  const y = (share: number) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  const along = (pick: (column: (typeof columns)[number]) => number) =>
    columns.map((column) => `H${WIDTH * column.from} V${y(pick(column))} H${WIDTH * column.to}`).join(' ');
  const floor = y(0);
  return (
    <figure style={{ margin: 0 }}>
      <svg
        className="plan-chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path className="traffic" d={`M0 ${floor} ${along(({ traffic }) => traffic)} V${floor} Z`} />
        <line className="axis" x1="0" x2={WIDTH} y1={floor} y2={floor} />
        {least > 0 && <line className="least" x1="0" x2={WIDTH} y1={y(least)} y2={y(least)} />}
        <path
          className="serving"
          d={`M0 ${y(columns[0]?.serving ?? 0)} ${along(({ serving }) => serving)}`}
        />
        {columns.length <= MOST_NUMBERED &&
          columns.map(({ from, to, step }) => (
            <text key={step} x={(WIDTH * (from + to)) / 2} y={HEIGHT - 4} textAnchor="middle">
              {step}
            </text>
          ))}
      </svg>
      <figcaption className="plan-legend">
        <span>
          <strong style={{ color: 'var(--good)' }}>━</strong> targets that serve
        </span>
        <span>
          <strong style={{ color: 'var(--moving)' }}>■</strong> traffic on the new
        </span>
        {least > 0 && (
          <span>
            <strong style={{ color: 'var(--bad)' }}>╌</strong> never fewer serve ({plan.policy.minAvailable})
          </span>
        )}
        <span className="dimmed">a column a step; those that wait are wider</span>
      </figcaption>
    </figure>
  );
}
