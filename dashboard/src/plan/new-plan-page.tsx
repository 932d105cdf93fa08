/** Asks what to deploy, and makes a plan of it. Nothing moves: the plan is read, and then executed or not. */
import { Button, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type SubmitEvent, useState } from 'react';
import type { LeaseKey } from '../../../src/journal/journal.ts';
import type { PlanView } from '../../../src/server/operations.ts';
import { ask } from '../api/client.ts';
import { fleetQuery, planQuery } from '../api/queries.ts';
import { useSession, whyForbidden } from '../api/session.ts';
import { Empty } from '../parts/empty.tsx';
import { Failure } from '../parts/failure.tsx';
import { useTitle } from '../parts/use-title.ts';
import './plan.css';

const route = getRouteApi('/plan');

export function NewPlanPage() {
  useTitle('Make a plan');
  const { data: fleet, error, refetch } = useQuery(fleetQuery);
  const session = useSession();
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  const mine = fleet?.services.filter(
    ({ environment }) => whyForbidden(session, ['deploy'], environment) === null,
  );
  return (
    <>
      <div className="page-head">
        <Title order={1} size="h2">
          Make a plan
        </Title>
      </div>
      {mine?.length === 0 && (
        <Empty title="Nothing that you may deploy">
          You ({session.name}) are no deployer of any service here. An admin of this server can give you a
          token that is.
        </Empty>
      )}
      {mine !== undefined && mine.length > 0 && <PlanForm services={mine} />}
    </>
  );
}

function PlanForm({ services }: { readonly services: readonly LeaseKey[] }) {
  const given = route.useSearch();
  const asked = services.find(
    ({ service, environment }) =>
      service === given.service && (given.environment === undefined || environment === given.environment),
  );
  const [chosen, setChosen] = useState(nameOf(asked ?? services[0] ?? { service: '', environment: '' }));
  const [version, setVersion] = useState(given.version ?? '');
  const [goesBack, setGoesBack] = useState(given.rollback === 'true');
  const { make, isMaking, error } = useMaking();

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const key = services.find((one) => nameOf(one) === chosen);
    if (key !== undefined)
      void make({ service: key.service, environment: key.environment }, version.trim(), goesBack);
  };

  return (
    <form onSubmit={submit} className="plan-form">
      <Stack>
        <NativeSelect
          label="Service"
          value={chosen}
          onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          data={services.map((one) => ({
            value: nameOf(one),
            label: `${one.service} in ${one.environment}`,
          }))}
        />
        <NativeSelect
          label="What to do"
          value={goesBack ? 'back' : 'deploy'}
          onChange={({ currentTarget }) => setGoesBack(currentTarget.value === 'back')}
          data={[
            { value: 'deploy', label: 'Deploy what is on the server now' },
            { value: 'back', label: 'Go back to a release that ran before' },
          ]}
        />
        <TextInput
          label="Version"
          description={
            goesBack
              ? 'Of a release that completed once. Empty: the last good one before what runs.'
              : 'What it is to be called. Empty: worked out as sluice deploy does, from the files.'
          }
          value={version}
          onChange={({ currentTarget }) => setVersion(currentTarget.value)}
        />
        {error !== null && <Failure error={error} />}
        <Button type="submit" loading={isMaking}>
          Make the plan
        </Button>
        <Text size="sm" c="dimmed">
          Nothing moves yet: you read the plan first, or send its link to somebody.
        </Text>
      </Stack>
    </form>
  );
}

function useMaking() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const [isMaking, setMaking] = useState(false);
  const make = async (key: LeaseKey, version: string, rollback: boolean) => {
    setMaking(true);
    setError(null);
    try {
      const body = { ...key, rollback, ...(version === '' ? {} : { version }) };
      const view = await ask<PlanView>('/plans', { method: 'POST', body });
      const { digest } = view.plan;
      client.setQueryData(planQuery(digest).queryKey, view);
      await navigate({ to: '/plans/$digest', params: { digest } });
    } catch (failure) {
      setError(failure);
    } finally {
      setMaking(false);
    }
  };
  return { make, isMaking, error };
}

function nameOf({ service, environment }: LeaseKey): string {
  return `${environment}/${service}`;
}
