/** Traffic and capacity over time. The plots are loaded when they are first shown. */
import { Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { formatPercent } from '../../../src/words/words.ts';
import type { Sample } from './samples.ts';

const Plot = lazy(async () => ({ default: (await import('./plot.tsx')).Plot }));

export function Plots({
  samples,
  isOpen,
}: {
  readonly samples: readonly Sample[];
  readonly isOpen: boolean;
}) {
  const last = samples.at(-1);
  if (last === undefined) return <p className="dimmed">Nothing has moved yet.</p>;
  const checks = samples.filter(({ verdict }) => verdict !== null);
  const failed = checks.filter(({ verdict }) => verdict === 'fail').length;
  const fewest = Math.min(...samples.map(({ available }) => available));
  return (
    <Suspense fallback={<Loader role="status" aria-label="Loading the plots" />}>
      <Plot
        samples={samples}
        isOpen={isOpen}
        name="Traffic on the new"
        value={({ share }) => share}
        most={100}
        unit="%"
        threshold={null}
        color="--moving"
      />
      <p className="plot-words">
        Traffic on the new: {last.share === null ? 'none yet' : formatPercent(last.share)}.
      </p>
      <Plot
        samples={samples}
        isOpen={isOpen}
        name="Targets that serve"
        value={({ available }) => available}
        most={Math.max(...samples.map(({ available, least }) => Math.max(available, least)), 1)}
        unit=""
        threshold={({ least }) => least}
        color="--good"
      />
      <p className="plot-words">
        {last.available} serve; never fewer than {last.least} by its own doing (dashed); the fewest were{' '}
        {fewest}.
        {checks.length === 0 ? '' : ` Checks: ${checks.length - failed} without a fault, ${failed} failed.`}
      </p>
      {checks.length > 0 && <CheckMarks checks={checks} />}
    </Suspense>
  );
}

const VERDICTS = { pass: '✓', fail: '✗', inconclusive: '?' } as const;
const MOST_MARKS = 200;

/** Each time that the checks were asked, in turn. */
function CheckMarks({ checks }: { readonly checks: readonly Sample[] }) {
  return (
    <p className="checks" aria-hidden="true">
      {checks.slice(-MOST_MARKS).map(({ at, verdict }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be at the same moment
        <span key={`${at} ${index}`} data-verdict={verdict} title={new Date(at).toISOString()}>
          {verdict === null ? '' : VERDICTS[verdict]}
        </span>
      ))}
    </p>
  );
}
