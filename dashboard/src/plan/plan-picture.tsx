/** The steps of a plan, a row each: what is done, how many targets serve meanwhile, and where the traffic is after it. */
import type { Plan } from '../../../src/domain/plan.ts';
import type { PlanPreview, StepPreview } from '../../../src/domain/preview.ts';
import { UNCOLORED } from '../../../src/words/paint.ts';
import { rollbackSentence } from '../../../src/words/rollback-words.ts';
import { describeStep } from '../../../src/words/step-words.ts';
import { counted, formatPercent } from '../../../src/words/words.ts';

interface PlanPictureProps {
  readonly plan: Plan;
  readonly preview: PlanPreview;
}

export function PlanPicture({ plan, preview }: PlanPictureProps) {
  const most = Math.max(plan.targets.length, 1);
  return (
    <table className="plan-picture narrow-cards">
      <thead>
        <tr>
          <th scope="col" className="plan-number">
            #
          </th>
          <th scope="col">Step</th>
          <th scope="col">Serving at least</th>
          <th scope="col">Traffic on the new</th>
          <th scope="col">A rollback after it</th>
        </tr>
      </thead>
      <tbody>
        {plan.steps.map((step, index) => {
          const { title, how } = describeStep(step, plan, UNCOLORED.symbols);
          const seen = preview.steps[index];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name, and never move
            <tr key={index}>
              <td className="plan-number">{index + 1}</td>
              <td>
                <strong>{title}</strong>
                {how !== null && <div className="dimmed">{how}</div>}
              </td>
              <td data-label="Serving at least">
                {seen === undefined ? '' : <Serving seen={seen} most={most} plan={plan} />}
              </td>
              <td data-label="Traffic on the new">{seen === undefined ? '' : <Traffic seen={seen} />}</td>
              <td data-label="A rollback after it">
                {seen === undefined ? 'not reached' : undone(seen, plan)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Serving({
  seen,
  most,
  plan,
}: {
  readonly seen: StepPreview;
  readonly most: number;
  readonly plan: Plan;
}) {
  const { minServing, extraInstances } = seen;
  const isFirst = plan.targets.every(({ from }) => from === null);
  const tone = minServing >= plan.policy.minAvailable || isFirst ? 'var(--good)' : 'var(--bad)';
  const extra = extraInstances > 0 ? `, and ${counted(extraInstances, 'instance')} more` : '';
  return (
    <>
      <Bar share={minServing / most} color={tone} />
      {minServing} of {most}
      {extra}
    </>
  );
}

function Traffic({ seen: { percent } }: { readonly seen: StepPreview }) {
  if (percent === null) return '–';
  return (
    <>
      <Bar share={percent / 100} color="var(--moving)" />
      {formatPercent(percent)}
    </>
  );
}

function Bar({ share, color }: { readonly share: number; readonly color: string }) {
  return (
    <svg className="plan-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect width={100 * share} height="10" style={{ fill: color }} />
    </svg>
  );
}

function undone({ rollback }: StepPreview, plan: Plan): string {
  return rollback.length === 0 ? 'nothing to undo' : rollbackSentence(rollback, plan, UNCOLORED.symbols);
}
