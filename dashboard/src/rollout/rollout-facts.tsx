import { Anchor } from '@mantine/core';
import type { Account } from '../../../src/domain/account.ts';
import { formatDuration, formatRunning } from '../../../src/words/durations-text.ts';
import { fleetOf } from '../../../src/words/fleet.ts';
import { formatPercent } from '../../../src/words/words.ts';
import { Ago, useNow } from '../parts/ago.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { Standing } from '../parts/standing.tsx';

/** How it stands, at a glance. */
export function RolloutFacts({ account, url }: { readonly account: Account; readonly url: string }) {
  const { state, createdAt } = account;
  const { plan } = state;
  const { share, available, total } = fleetOf(state);
  return (
    <dl className="facts">
      <div>
        <dt>Deployment</dt>
        <dd>
          {state.id} <Standing phase={phaseOf(state)} outcome={state.outcome} />
        </dd>
      </div>
      <div>
        <dt>{state.endedAt === null ? 'Runs for' : 'Took'}</dt>
        <dd>
          <Took account={account} />
        </dd>
      </div>
      <div>
        <dt>Serving</dt>
        <dd>
          {available} of {total} targets
        </dd>
      </div>
      {plan.capabilities.routed && (
        <div>
          <dt>Traffic on the new</dt>
          <dd>{share === null ? 'none' : formatPercent(share)}</dd>
        </div>
      )}
      <div>
        <dt>Strategy</dt>
        <dd>
          <PageLink to="/plans/$digest" params={{ digest: plan.digest }} inherit>
            {plan.strategy.name}
          </PageLink>
        </dd>
      </div>
      <div>
        <dt>By</dt>
        <dd>
          {state.by}, <Ago at={createdAt} />
        </dd>
      </div>
      {url !== '' && (
        <div>
          <dt>Address</dt>
          <dd>
            <Anchor href={url} rel="noreferrer" inherit>
              {url}
            </Anchor>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Took({ account: { state, createdAt } }: { readonly account: Account }) {
  const now = useNow();
  const begun = state.startedAt ?? createdAt;
  return state.endedAt === null ? formatRunning(now - begun) : formatDuration(state.endedAt - begun);
}

function phaseOf({
  phase,
  paused,
  direction,
}: Account['state']): 'running' | 'paused' | 'rolling-back' | 'ended' {
  if (phase === 'ended') return 'ended';
  if (paused !== null) return 'paused';
  return direction === 'back' ? 'rolling-back' : 'running';
}
