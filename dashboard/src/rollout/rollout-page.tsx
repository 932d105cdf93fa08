/** One deployment, live: what it does, how each target is, what has happened, and what can be asked of it. */
import { Alert, Loader, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { DeploymentJson } from '../../../src/server/api/deployment-json.ts';
import { newLabel, oldLabel } from '../../../src/words/words.ts';
import { ProblemError } from '../api/client.ts';
import { deploymentQuery } from '../api/queries.ts';
import { Failure } from '../parts/failure.tsx';
import { useTitle } from '../parts/use-title.ts';
import { Actions } from './actions.tsx';
import { Explanation } from './explanation.tsx';
import { GatePanel } from './gate-panel.tsx';
import { LiveRollout, type Rollout } from './live-rollout.ts';
import { Plots } from './plots.tsx';
import './rollout.css';
import { RolloutFacts } from './rollout-facts.tsx';
import { Steps } from './steps.tsx';
import { Story } from './story.tsx';
import { Targets } from './targets.tsx';

const route = getRouteApi('/deployments/$id');

export function RolloutPage() {
  const { id } = route.useParams();
  const live = useMemo(() => new LiveRollout(id), [id]);
  const { rollout, problem } = useSyncExternalStore(live.subscribe, live.snapshot);
  const { data: view, error, refetch } = useQuery(deploymentQuery(id));
  const seq = rollout?.seq ?? 0;
  useEffect(() => {
    // For whoever measures how soon an event is seen.
    if (seq > 0) performance.mark('event-shown', { detail: { seq } });
  }, [seq]);
  useTitle(id);

  if (problem !== null) return <Failure error={new ProblemError(problem)} />;
  if (error !== null && rollout === null) return <Failure error={error} retry={() => void refetch()} />;
  if (rollout === null || view === undefined)
    return <Loader className="page-loader" role="status" aria-label="Loading" />;
  return (
    <ShownRollout
      rollout={rollout}
      attended={view.attended}
      url={view.url}
      rollbackRefused={whyNoRollback(view)}
    />
  );
}

/** Asked of what has ended on this page: an answer from before that counts for nothing, as the newer one is on its way. */
function whyNoRollback({ summary, refused }: DeploymentJson): string | null {
  return summary.phase === 'ended' ? refused.rollback : 'the server is being asked whether it can be';
}

interface ShownRolloutProps {
  readonly rollout: Rollout;
  /** A controller looks after it. */
  readonly attended: boolean;
  readonly url: string;
  readonly rollbackRefused: string | null;
}

function ShownRollout({ rollout, attended, url, rollbackRefused }: ShownRolloutProps) {
  const { account, history, events, samples } = rollout;
  const { state } = account;
  const { plan } = state;
  const old = oldLabel(plan);
  const isOpen = state.phase !== 'ended';
  return (
    <>
      <div className="page-head">
        <Title order={1} size="h2">
          {plan.service} {old === null ? newLabel(plan) : `${old} → ${newLabel(plan)}`} in {plan.environment}
        </Title>
        <Actions state={state} attended={attended} rollbackRefused={rollbackRefused} />
      </div>
      {isOpen && !attended && state.phase !== 'created' && (
        <Alert color="yellow" title="No controller looks after it" mb="md">
          Nothing goes on until somebody takes it up. Instances keep serving meanwhile.
        </Alert>
      )}
      <GatePanel state={state} />
      <Explanation state={state} history={history} />
      <RolloutFacts account={account} url={url} />
      <div className="rollout-columns">
        <section aria-labelledby="steps">
          <Title order={2} size="h4" id="steps">
            Steps
          </Title>
          <Steps account={account} />
        </section>
        <div>
          <section aria-labelledby="targets">
            <Title order={2} size="h4" id="targets">
              Targets
            </Title>
            <Targets account={account} />
          </section>
          <section aria-labelledby="over-time">
            <Title order={2} size="h4" id="over-time">
              Over time
            </Title>
            <Plots samples={samples} isOpen={isOpen} />
          </section>
        </div>
      </div>
      <section aria-labelledby="story">
        <Title order={2} size="h4" id="story">
          What has happened
        </Title>
        <Story id={state.id} events={events} />
      </section>
    </>
  );
}
