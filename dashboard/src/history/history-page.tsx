/** Every deployment there was, newest first. What is looked for is part of the address. */
import { Button, Loader, NativeSelect, TextInput, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { OUTCOMES } from '../../../src/domain/event.ts';
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import { outcomeWords } from '../../../src/words/outcome-words.ts';
import { UNCOLORED } from '../../../src/words/paint.ts';
import { deploymentsQuery, fleetQuery } from '../api/queries.ts';
import { Empty } from '../parts/empty.tsx';
import { Failure } from '../parts/failure.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { useTitle } from '../parts/use-title.ts';
import { DeploymentTable } from './deployment-table.tsx';
import './history.css';

const route = getRouteApi('/history');

export function HistoryPage() {
  useTitle('History');
  const filter = route.useSearch();
  const query = useInfiniteQuery(deploymentsQuery(filter));
  const [chosen, setChosen] = useState<readonly DeploymentSummary[]>([]);
  const deployments = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <div className="page-head">
        <Title order={1} size="h2">
          History
        </Title>
        <CompareButton chosen={chosen} />
      </div>
      <Filters />
      {query.error !== null && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Loader className="page-loader" role="status" aria-label="Loading" />}
      {deployments.length > 0 && (
        <DeploymentTable deployments={deployments} chosen={chosen} choose={setChosen} />
      )}
      {query.isSuccess && deployments.length === 0 && <Nothing isFiltered={isFiltered} />}
      {query.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show older ones
        </Button>
      )}
    </>
  );
}

function Filters() {
  const filter = route.useSearch();
  const navigate = useNavigate({ from: '/history' });
  const { data: fleet } = useQuery(fleetQuery);
  const set = (change: typeof filter) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const services = [...new Set(fleet?.services.map(({ service }) => service))].toSorted();
  const all = (label: string) => ({ value: '', label });
  return (
    <search className="history-filters">
      <NativeSelect
        label="Service"
        value={filter.service ?? ''}
        onChange={({ currentTarget }) => set({ service: currentTarget.value })}
        data={[all('All'), ...services]}
      />
      <NativeSelect
        label="Environment"
        value={filter.environment ?? ''}
        onChange={({ currentTarget }) => set({ environment: currentTarget.value })}
        data={[all('All'), ...(fleet?.environments ?? [])]}
      />
      <NativeSelect
        label="Outcome"
        value={filter.outcome ?? ''}
        onChange={({ currentTarget }) => set({ outcome: currentTarget.value })}
        data={[
          all('All'),
          ...OUTCOMES.map((value) => ({ value, label: outcomeWords(value, UNCOLORED).title })),
        ]}
      />
      <Words label="Version" value={filter.version} set={(version) => set({ version })} />
      <Words label="By" value={filter.by} set={(by) => set({ by })} />
      <TextInput
        label="Since"
        type="date"
        value={filter.since ?? ''}
        onChange={({ currentTarget }) => set({ since: currentTarget.value })}
      />
    </search>
  );
}

interface WordsProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly set: (value: string) => void;
}

/** Asked for once it is whole: half a version is none. */
function Words({ label, value = '', set }: WordsProps) {
  const [typed, setTyped] = useState(value);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        set(typed.trim());
      }}
    >
      <TextInput
        type="search"
        label={label}
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onBlur={() => set(typed.trim())}
      />
    </form>
  );
}

function CompareButton({ chosen }: { readonly chosen: readonly DeploymentSummary[] }) {
  const navigate = useNavigate();
  const [from, to] = chosen.toSorted((a, b) => a.createdAt - b.createdAt);
  const compare = () => {
    if (from !== undefined && to !== undefined)
      void navigate({ to: '/compare', search: { from: from.id, to: to.id } });
  };
  return (
    <Button variant="default" disabled={to === undefined} onClick={compare}>
      {to === undefined ? 'Choose two to compare' : `Compare ${from?.id} and ${to.id}`}
    </Button>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No deployment is like that">
        <PageLink to="/history">Clear the filters</PageLink> to see all.
      </Empty>
    );
  }
  return (
    <Empty title="Nothing was deployed yet">
      <PageLink to="/plan">Make a plan</PageLink>, or type <code>sluice deploy</code>.
    </Empty>
  );
}
