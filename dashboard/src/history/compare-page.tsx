/** What differs between two deployments: what they brought, how, where, and what came of it. */
import { Button, Group, Loader, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Comparison } from '../../../src/project/compare-deployments.ts';
import { comparisonQuery } from '../api/queries.ts';
import { Ago } from '../parts/ago.tsx';
import { Empty } from '../parts/empty.tsx';
import { Failure } from '../parts/failure.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { Standing } from '../parts/standing.tsx';
import { useTitle } from '../parts/use-title.ts';
import { rowsOf } from './comparison-rows.ts';
import './history.css';
import { WideContent } from '../parts/wide-content.tsx';

const route = getRouteApi('/compare');

export function ComparePage() {
  const { from = '', to = '' } = route.useSearch();
  useTitle('Compare');
  return (
    <>
      <div className="page-head">
        <Title order={1} size="h2">
          Compare
        </Title>
      </div>
      <Chooser key={`${from} ${to}`} from={from} to={to} />
      {from === '' || to === '' ? (
        <Empty title="Which two?">
          Choose two in the <PageLink to="/history">history</PageLink>, or type their ids above.
        </Empty>
      ) : (
        <Compared from={from} to={to} />
      )}
    </>
  );
}

function Chooser({ from, to }: { readonly from: string; readonly to: string }) {
  const navigate = useNavigate();
  const [ids, setIds] = useState({ from, to });
  const show = (shown: { readonly from: string; readonly to: string }) =>
    void navigate({ to: '/compare', search: { from: shown.from.trim(), to: shown.to.trim() } });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        show(ids);
      }}
    >
      <Group align="end" gap="sm" mb="md">
        <TextInput
          label="From"
          value={ids.from}
          onChange={({ currentTarget }) => setIds({ ...ids, from: currentTarget.value })}
        />
        <TextInput
          label="To"
          value={ids.to}
          onChange={({ currentTarget }) => setIds({ ...ids, to: currentTarget.value })}
        />
        <Button type="submit">Compare</Button>
        <Button variant="default" onClick={() => show({ from: ids.to, to: ids.from })}>
          Swap
        </Button>
      </Group>
    </form>
  );
}

function Compared({ from, to }: { readonly from: string; readonly to: string }) {
  const { data, error, refetch } = useQuery(comparisonQuery(from, to));
  if (data !== undefined) return <Differences compared={data} />;
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  return <Loader className="page-loader" role="status" aria-label="Loading" />;
}

function Differences({ compared }: { readonly compared: Comparison }) {
  return (
    <WideContent name="Differences">
      <table className="compare-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">What</span>
            </th>
            {[compared.from, compared.to].map(({ summary }, index) => (
              <th scope="col" key={index === 0 ? 'from' : 'to'}>
                <PageLink to="/deployments/$id" params={{ id: summary.id }}>
                  {summary.id}
                </PageLink>{' '}
                <Standing phase={summary.phase} outcome={summary.outcome} />
                <div className="dimmed">
                  {summary.service} {summary.version} in {summary.environment}, <Ago at={summary.createdAt} />
                </div>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowsOf(compared).map(({ name, from, to, differs }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className={differs ? 'from' : undefined}>{from}</td>
              <td className={differs ? 'to' : undefined}>{to}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!compared.differs && <p>They differ in nothing but when they were, and how long they took.</p>}
    </WideContent>
  );
}
