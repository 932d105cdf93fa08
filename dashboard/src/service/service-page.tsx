/** One service in one environment: what runs, what it can go back to, what it writes. */
import { Alert, Anchor, Group, Loader, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { Begun, ServiceView, Unchanged } from '../../../src/server/operations.ts';
import { inWords } from '../../../src/words/words.ts';
import { ask } from '../api/client.ts';
import { fleetQuery } from '../api/queries.ts';
import { useSession, whyForbidden } from '../api/session.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Ago } from '../parts/ago.tsx';
import { Empty } from '../parts/empty.tsx';
import { Failure } from '../parts/failure.tsx';
import { LogTail } from '../parts/log-tail.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { Standing } from '../parts/standing.tsx';
import { useTitle } from '../parts/use-title.ts';
import { Instances } from './instances.tsx';
import { Releases } from './releases.tsx';

const route = getRouteApi('/services/$service');

export function ServicePage() {
  const { service } = route.useParams();
  const { environment } = route.useSearch();
  const { data: fleet, error, refetch } = useQuery(fleetQuery);
  useTitle(service);
  if (fleet === undefined) {
    if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
    return <Loader className="page-loader" role="status" aria-label="Loading" />;
  }
  const all = fleet.services.filter((one) => one.service === service);
  const shown = all.find((one) => one.environment === environment) ?? (all.length === 1 ? all[0] : undefined);
  if (shown !== undefined) return <ShownService view={shown} />;
  if (all.length > 0) return <WhichEnvironment views={all} />;
  return (
    <Empty title={`There is no service ${service}`}>
      The config of this server names none of this name that you may see.{' '}
      <PageLink to="/">See the fleet</PageLink>.
    </Empty>
  );
}

function WhichEnvironment({ views }: { readonly views: readonly ServiceView[] }) {
  return (
    <Empty title="In which environment?">
      {views.map(({ service, environment }) => (
        <div key={environment}>
          <PageLink to="/services/$service" params={{ service }} search={{ environment }}>
            {environment}
          </PageLink>
        </div>
      ))}
    </Empty>
  );
}

function ShownService({ view }: { readonly view: ServiceView }) {
  const { service, environment, status, needs, fault, lookedAt } = view;
  const shown = status?.unfinished ?? status?.last ?? null;
  return (
    <>
      <div className="page-head">
        <Title order={1} size="h2">
          {service} in {environment}
        </Title>
        <ServiceActions view={view} />
      </div>
      {needs.length > 0 && (
        <Alert color="orange" title="Needs a person" mb="md">
          {needs.map((need) => (
            <div key={need}>{inWords(need)}</div>
          ))}
        </Alert>
      )}
      {shown !== null && (
        <p>
          {status?.unfinished === null ? 'The last deployment: ' : 'Under way: '}
          <PageLink to="/deployments/$id" params={{ id: shown.id }}>
            {shown.id}
          </PageLink>{' '}
          <Standing phase={shown.phase} outcome={shown.outcome} /> ·{' '}
          <PageLink to="/history" search={{ service, environment }}>
            all of them
          </PageLink>
        </p>
      )}
      <section aria-labelledby="instances">
        <Title order={2} size="h4" id="instances">
          What runs
        </Title>
        {status === null ? (
          <p className="dimmed">
            {fault === null ? 'Not looked at yet.' : `It cannot be looked at: ${fault}`}
          </p>
        ) : (
          <Instances status={status} />
        )}
        {lookedAt !== null && (
          <p className="dimmed">
            Looked at <Ago at={lookedAt} />
            {status !== null && status.url !== '' && (
              <>
                {' '}
                · <Anchor href={status.url}>{status.url}</Anchor>
              </>
            )}
          </p>
        )}
      </section>
      <section aria-labelledby="releases">
        <Title order={2} size="h4" id="releases">
          Releases to go back to
        </Title>
        <Releases service={service} environment={environment} />
      </section>
      {status !== null && status.instances.length > 0 && (
        <section aria-label="Log">
          <LogTail service={service} environment={environment} />
        </section>
      )}
    </>
  );
}

function ServiceActions({ view: { service, environment } }: { readonly view: ServiceView }) {
  const session = useSession();
  const navigate = useNavigate();
  const refused = whyForbidden(session, ['deploy'], environment);
  const path = `/services/${encodeURIComponent(service)}`;
  const reconcile = async () => {
    const begun = await ask<Begun | Unchanged>(`${path}/reconcile`, {
      method: 'POST',
      body: { environment },
    });
    if (begun.deployment !== null)
      await navigate({ to: '/deployments/$id', params: { id: begun.deployment } });
  };
  return (
    <Group gap="xs">
      <PageLink to="/plan" search={{ service, environment }} fw={600}>
        Deploy a version
      </PageLink>
      <ActionButton label="Reconcile" refused={refused} question={`Reconcile ${service}?`} act={reconcile}>
        What is not as the last good deployment left it in {environment} is put right. Where nothing is wrong,
        nothing happens.
      </ActionButton>
      <ActionButton
        label="Stop"
        color="red"
        refused={refused}
        question={`Stop ${service}?`}
        act={() => ask(`${path}/stop`, { method: 'POST', body: { environment } })}
      >
        Its route and all of its instances in {environment} end: nobody serves until it is deployed again.
      </ActionButton>
    </Group>
  );
}
