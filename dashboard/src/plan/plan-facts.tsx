import type { PlanView } from '../../../src/server/operations.ts';
import { formatSpan } from '../../../src/words/durations-text.ts';
import { counted, formatCount } from '../../../src/words/words.ts';

/** What the plan costs, at a glance. */
export function PlanFacts({ view: { plan, preview, estimateMs } }: { readonly view: PlanView }) {
  const facts: [string, string][] = [
    ['Strategy', plan.strategy.name],
    ['Targets', formatCount(plan.targets.length)],
    [
      'Worst unavailability',
      preview.worstUnavailable === 0 ? 'none' : counted(preview.worstUnavailable, 'target'),
    ],
    ['Extra instances at most', formatCount(preview.peakExtraInstances)],
    ['Waits by design', preview.waitsMs === 0 ? 'none' : formatSpan(preview.waitsMs)],
    ['Takes about', estimateMs === null ? 'not known yet' : formatSpan(estimateMs)],
    ['If it fails', ON_FAILURE[plan.policy.onFailure]],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const ON_FAILURE = { rollback: 'rolls back', pause: 'pauses', stop: 'stops as it is' } as const;
