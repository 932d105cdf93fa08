/** All of one target: both releases on it, what was tried, why it failed, and what it writes. */
import { CloseButton, Paper, Title } from '@mantine/core';
import type { Account } from '../../../src/domain/account.ts';
import { isUnreachable } from '../../../src/domain/state.ts';
import { formatDuration, formatRunning } from '../../../src/words/durations-text.ts';
import { DOING } from '../../../src/words/operation-words.ts';
import { fromLabel, newLabel, withoutTarget } from '../../../src/words/words.ts';
import { useNow } from '../parts/ago.tsx';
import { LogTail } from '../parts/log-tail.tsx';
import { Evidence, Fact } from './explanation.tsx';

interface TargetDetailsProps {
  readonly account: Account;
  readonly id: string;
  readonly close: () => void;
}

export function TargetDetails({ account, id, close }: TargetDetailsProps) {
  const now = useNow();
  const { state, targets } = account;
  const { plan } = state;
  const index = state.indexOf.get(id);
  const target = index === undefined ? undefined : targets[index];
  if (index === undefined || target === undefined) return null;
  const { attempts, tookMs } = target;
  const { failure, unseen, new: onNew, old: onOld } = target.state;
  const active = state.step?.active.get(index);
  const before = fromLabel(plan, index);
  return (
    <Paper withBorder p="md" className="target-details" component="section" aria-labelledby="target">
      <div className="target-head">
        <Title order={3} size="h5" id="target">
          {id}
        </Title>
        <CloseButton aria-label={`Close ${id}`} onClick={close} />
      </div>
      <dl className="why">
        <Fact name={newLabel(plan)}>{onNew === 'none' ? 'not running' : onNew}</Fact>
        <Fact name={before === newLabel(plan) ? `${before}, before` : (before ?? '')}>
          {before === null ? null : onOld === 'none' ? 'not running' : onOld}
        </Fact>
        <Fact name="Now">
          {active === undefined
            ? null
            : `${DOING[active.operation]}${active.attempt > 1 ? `, try ${active.attempt}` : ''}, for ${formatRunning(now - active.startedAt)}`}
        </Fact>
        <Fact name="Took">
          {attempts === 0
            ? null
            : `${formatDuration(tookMs)}${attempts > 1 ? `, up to ${attempts} tries` : ''}`}
        </Fact>
        <Fact name="Seen">
          {unseen === true || isUnreachable(target.state) ? 'out of reach: this is from before' : null}
        </Fact>
        <Fact name="Failed">{failure === null ? null : withoutTarget(failure.message, id)}</Fact>
        {failure !== null && <Evidence cause={failure} />}
      </dl>
      <LogTail service={plan.service} environment={plan.environment} target={id} />
    </Paper>
  );
}
