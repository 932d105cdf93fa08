/** A plan as a picture, before anything moves: each step with what serves during it, and what a rollback after it would do. */
import { Alert, Anchor, Button, Code, Loader, Title } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { Begun, PlanView, Unchanged } from '../../../src/server/operations.ts';
import { newLabel, oldLabel } from '../../../src/words/words.ts';
import { ask } from '../api/client.ts';
import { planQuery } from '../api/queries.ts';
import { useSession, whyForbidden } from '../api/session.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Ago } from '../parts/ago.tsx';
import { Failure } from '../parts/failure.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { useTitle } from '../parts/use-title.ts';
import './plan.css';
import { PlanChart } from './plan-chart.tsx';
import { PlanFacts } from './plan-facts.tsx';
import { PlanPicture } from './plan-picture.tsx';

const route = getRouteApi('/plans/$digest');

export function PlanPage() {
  const { digest } = route.useParams();
  const { data: view, error, refetch } = useQuery(planQuery(digest));
  useTitle(view === undefined ? 'Plan' : `Plan of ${view.plan.service} ${view.plan.release.version}`);
  if (view !== undefined) return <ShownPlan view={view} />;
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  return <Loader className="page-loader" role="status" aria-label="Loading" />;
}

function ShownPlan({ view }: { readonly view: PlanView }) {
  const { plan, preview, nothing } = view;
  const old = oldLabel(plan);
  return (
    <>
      <div className="page-head">
        <Title order={1} size="h2">
          {plan.service} {old === null ? newLabel(plan) : `${old} → ${newLabel(plan)}`} in {plan.environment}
        </Title>
        <Execute view={view} />
      </div>
      {nothing && (
        <Alert color="gray" title="Nothing to do" mb="md">
          Everything runs this release already, and well.
        </Alert>
      )}
      {preview.blocked !== null && (
        <Alert color="red" title="It would not go through" mb="md">
          {preview.blocked}
        </Alert>
      )}
      <PlanFacts view={view} />
      <PlanChart plan={plan} preview={preview} />
      <PlanPicture plan={plan} preview={preview} />
      <Share digest={plan.digest} createdAt={plan.createdAt} />
      <p>
        <PageLink to="/plan" search={{ service: plan.service, environment: plan.environment }}>
          Make another plan
        </PageLink>
      </p>
    </>
  );
}

function Execute({ view: { plan, preview, nothing } }: { readonly view: PlanView }) {
  const session = useSession();
  const navigate = useNavigate();
  const forbidden = whyForbidden(session, ['deploy'], plan.environment);
  const impossible = preview.blocked === null ? null : `it would not go through: ${preview.blocked}`;
  const execute = async () => {
    const begun = await ask<Begun | Unchanged>('/deployments', {
      method: 'POST',
      body: { plan: plan.digest },
    });
    if (begun.deployment !== null)
      await navigate({ to: '/deployments/$id', params: { id: begun.deployment } });
  };
  return (
    <ActionButton
      label="Execute"
      variant="filled"
      refused={forbidden ?? (nothing ? 'there is nothing to do' : impossible)}
      question={`Execute this plan of ${plan.service}?`}
      act={execute}
    >
      {newLabel(plan)} goes live in {plan.environment}, step by step as shown. Where the fleet is not any more
      as it was when the plan was made, it is refused, and nothing moves.
    </ActionButton>
  );
}

function Share({ digest, createdAt }: { readonly digest: string; readonly createdAt: number }) {
  const { copy, copied } = useClipboard();
  const url = new URL(`/plans/${digest}`, window.location.href).href;
  return (
    <div className="plan-link">
      <Button variant="default" size="compact-sm" onClick={() => copy(url)}>
        {copied ? 'Copied' : 'Copy its link'}
      </Button>
      <span>
        Plan <Anchor href={url}>{digest.slice(0, 8)}</Anchor>, made <Ago at={createdAt} />. On the command
        line: <Code>sluice apply {digest.slice(0, 8)}</Code>
      </span>
    </div>
  );
}
