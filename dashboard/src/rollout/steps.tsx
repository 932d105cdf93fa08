/** The steps of the plan, and those of the rollback where there is one: done, doing, to come. */
import { memo } from 'react';
import type { Account, StepAccount } from '../../../src/domain/account.ts';
import { formatDuration, formatRunning } from '../../../src/words/durations-text.ts';
import { UNCOLORED } from '../../../src/words/paint.ts';
import { describeStep } from '../../../src/words/step-words.ts';
import { causeSentence } from '../../../src/words/words.ts';
import { useNow } from '../parts/ago.tsx';

const MARKS = { done: '✓', failed: '✗', 'cut-short': '↩', 'under-way': '▸', 'not-begun': '·' } as const;
const SAID = {
  done: 'done',
  failed: 'failed',
  'cut-short': 'cut short',
  'under-way': 'under way',
  'not-begun': 'to come',
} as const;

export function Steps({ account: { steps, state } }: { readonly account: Account }) {
  const forward = steps.filter(({ direction }) => direction === 'forward');
  const back = steps.filter(({ direction }) => direction === 'back');
  return (
    <>
      <StepList steps={forward} state={state} />
      {back.length > 0 && (
        <>
          <h3 className="steps-turn">The way back</h3>
          <StepList steps={back} state={state} />
        </>
      )}
    </>
  );
}

function StepList({
  steps,
  state,
}: {
  readonly steps: readonly StepAccount[];
  readonly state: Account['state'];
}) {
  return (
    <ol className="steps">
      {steps.map((step, index) => (
        <StepItem
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name, and never move
          key={index}
          step={step}
          plan={state.plan}
          progress={step.outcome === 'under-way' ? state.step : null}
        />
      ))}
    </ol>
  );
}

interface StepItemProps {
  readonly step: StepAccount;
  readonly plan: Account['state']['plan'];
  readonly progress: Account['state']['step'];
}

const StepItem = memo(function StepItem({ step, plan, progress }: StepItemProps) {
  const { title, how } = describeStep(step.step, plan, UNCOLORED.symbols);
  const { outcome, startedAt, endedAt, note, cause } = step;
  return (
    <li data-outcome={outcome} {...(outcome === 'under-way' ? { 'aria-current': 'step' as const } : {})}>
      <span className="step-mark" role="img" aria-label={SAID[outcome]}>
        {MARKS[outcome]}
      </span>
      <div className="step-text">
        <span className="step-title">{title}</span>
        {how !== null && outcome !== 'done' && <div className="dimmed">{how}</div>}
        {progress !== null && progress.targets.length > 1 && (
          <progress
            className="step-progress"
            max={progress.targets.length}
            value={progress.done}
            aria-label="Targets done"
          >
            {progress.done} of {progress.targets.length}
          </progress>
        )}
        {note !== null && <div className="dimmed">{note}</div>}
        {cause !== null && <div className="step-cause">{causeSentence(cause)}</div>}
      </div>
      <span className="step-took">
        {startedAt === null ? null : endedAt === null ? (
          <Running since={startedAt} />
        ) : (
          formatDuration(endedAt - startedAt)
        )}
      </span>
    </li>
  );
});

function Running({ since }: { readonly since: number }) {
  return formatRunning(useNow() - since);
}
