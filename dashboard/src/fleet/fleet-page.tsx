/** Every service everywhere: what runs, how it is, and what needs a person. */
import { Button, Group, Loader, NativeSelect, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { fleetQuery } from '../api/queries.ts';
import { Empty } from '../parts/empty.tsx';
import { Failure } from '../parts/failure.tsx';
import { useTitle } from '../parts/use-title.ts';
import { chosen, type FleetFilter } from './chosen.ts';
import './fleet.css';
import { Orphans } from './orphans.tsx';
import { ServiceTable } from './service-table.tsx';

const route = getRouteApi('/');

export function FleetPage() {
  const { data: fleet, error, refetch } = useQuery(fleetQuery);
  const filter = route.useSearch();
  const services = chosen(fleet?.services ?? [], filter);
  const waiting = fleet?.services.filter(({ needs }) => needs.length > 0).length ?? 0;
  useTitle(waiting === 0 ? 'Fleet' : `(${waiting}) Fleet`);

  if (fleet === undefined) {
    return error === null ? (
      <Loader className="page-loader" role="status" aria-label="Loading" />
    ) : (
      <Failure error={error} retry={() => void refetch()} />
    );
  }
  const environments = fleet.environments.filter((name) => services.some((one) => one.environment === name));
  return (
    <>
      <div className="page-head">
        <Title order={1} size="h2">
          Fleet
        </Title>
        <Filters filter={filter} environments={fleet.environments} waiting={waiting} />
      </div>
      {error !== null && <Failure error={error} retry={() => void refetch()} />}
      {environments.map((environment) => (
        <section key={environment} aria-labelledby={`environment-${environment}`}>
          <Title order={2} size="h4" id={`environment-${environment}`} className="fleet-environment">
            {environment}
          </Title>
          <ServiceTable services={services.filter((one) => one.environment === environment)} />
        </section>
      ))}
      {services.length === 0 && <NothingChosen hasAny={fleet.services.length > 0} filter={filter} />}
      <Orphans orphans={fleet.orphans} />
    </>
  );
}

interface FiltersProps {
  readonly filter: FleetFilter;
  readonly environments: readonly string[];
  readonly waiting: number;
}

function Filters({ filter, environments, waiting }: FiltersProps) {
  const navigate = useNavigate({ from: '/' });
  const set = (change: FleetFilter) =>
    void navigate({ to: '/', search: (before) => ({ ...before, ...change }), replace: true });
  const isNarrowed = filter.show === 'needs';
  return (
    <Group gap="sm" role="search">
      <Button
        size="sm"
        variant={isNarrowed ? 'filled' : 'default'}
        aria-pressed={isNarrowed}
        onClick={() => set({ show: isNarrowed ? '' : 'needs' })}
      >
        Needs a person ({waiting})
      </Button>
      {environments.length > 1 && (
        <NativeSelect
          aria-label="Environment"
          value={filter.environment ?? ''}
          onChange={({ currentTarget }) => set({ environment: currentTarget.value })}
          data={[
            { value: '', label: 'All environments' },
            ...environments.map((value) => ({ value, label: value })),
          ]}
        />
      )}
      <TextInput
        type="search"
        aria-label="Search services, versions and targets"
        placeholder="Search  ( / )"
        value={filter.q ?? ''}
        onChange={({ currentTarget }) => set({ q: currentTarget.value })}
      />
    </Group>
  );
}

function NothingChosen({ hasAny, filter }: { readonly hasAny: boolean; readonly filter: FleetFilter }) {
  if (!hasAny) {
    return (
      <Empty title="No services yet">
        The config of this server names none that you may see. Add one to <code>sluice.config.ts</code> and
        start the server again.
      </Empty>
    );
  }
  if (filter.show === 'needs' && (filter.q ?? '') === '') {
    return (
      <Empty title="Nothing needs a person">Every service is as the last good deployment left it.</Empty>
    );
  }
  return <Empty title="Nothing is like that">No service is as the filters ask. Change or clear them.</Empty>;
}
