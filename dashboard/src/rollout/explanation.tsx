/** In one sentence how it stands; and when it did not go well, why, with what was seen, and what was done about it. */
import { Alert, Code } from '@mantine/core';
import type { Cause } from '../../../src/domain/event.ts';
import type { DeploymentState } from '../../../src/domain/state.ts';
import { clean } from '../../../src/words/clean.ts';
import { servingLines } from '../../../src/words/fleet.ts';
import {
  causeToTell,
  failedStepWords,
  headlineWords,
  targetsBehind,
  undoneWords,
} from '../../../src/words/outcome-facts.ts';
import { UNCOLORED } from '../../../src/words/paint.ts';
import type { RolloutHistory } from '../../../src/words/rollout-history.ts';
import { causeSentence, newLabel } from '../../../src/words/words.ts';

interface ExplanationProps {
  readonly state: DeploymentState;
  readonly history: RolloutHistory;
}

const COLORS = { completed: 'green', failed: 'red', 'rolled-back': 'orange', aborted: 'orange' } as const;
const MOST_BEHIND = 20;

export function Explanation({ state, history }: ExplanationProps) {
  const { mark, sentence } = headlineWords(state, `${state.plan.service} ${newLabel(state.plan)}`, UNCOLORED);
  const cause = causeToTell(state, history);
  const behind = targetsBehind(state);
  const undone = undoneWords(state, history, UNCOLORED);
  const step = cause === null ? null : failedStepWords(state, history, UNCOLORED);
  const color = state.outcome === null ? (cause === null ? 'cyan' : 'orange') : COLORS[state.outcome];
  return (
    <Alert color={color} variant="light" className="explanation" role="status">
      <p className="headline">
        {state.outcome === null && state.paused === null ? null : <span aria-hidden="true">{mark} </span>}
        {sentence}.
      </p>
      {cause !== null && (
        <dl className="why">
          <Fact name="Cause">{causeSentence(cause)}</Fact>
          <Fact name="In step">{step}</Fact>
          <Evidence cause={cause} />
          <Fact name="Undone">{undone?.sentence ?? null}</Fact>
          <Fact name="Serving">{servingLines(state, UNCOLORED).join('; ')}</Fact>
        </dl>
      )}
      {behind.length > 0 && (
        <dl className="why">
          <Fact name="Behind">
            {behind.slice(0, MOST_BEHIND).join('; ')}
            {behind.length > MOST_BEHIND ? `; and ${behind.length - MOST_BEHIND} more` : ''}
          </Fact>
        </dl>
      )}
    </Alert>
  );
}

/** What a probe saw, how the process ended, and the last lines that it wrote. */
export function Evidence({ cause: { message, evidence = {} } }: { readonly cause: Cause }) {
  const { probe, exitCode, signal, log = [] } = evidence;
  const ended = signal ?? (exitCode === undefined ? null : `exit code ${exitCode}`);
  return (
    <>
      <Fact name="Probe">{probe === undefined || message.includes(probe) ? null : clean(probe)}</Fact>
      <Fact name="Ended">{ended === null || message.includes(ended) ? null : `with ${ended}`}</Fact>
      <Fact name="Log">
        {log.length === 0 ? null : (
          <Code block className="evidence-log" tabIndex={0}>
            {log.map(clean).join('\n')}
          </Code>
        )}
      </Fact>
    </>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  if (children === null || children === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
