/** Keeps lists as they are: what changes on the server changes here, too. */
import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import type { Change, FleetView, Page, ServiceView } from '../../../src/server/operations.ts';
import { openStream } from './live-stream.ts';
import { fleetQuery } from './queries.ts';

/** Follows every change for as long as the dashboard is open. */
export function useChanges(): void {
  const client = useQueryClient();
  useEffect(() => {
    let isFirst = true;
    return openStream({
      path: '/changes',
      query: () => ({}),
      onOpen: () => {
        // What changed while nobody listened is not told again.
        if (!isFirst) void client.invalidateQueries();
        isFirst = false;
      },
      on: {
        change: (change: Change) => {
          if (change.kind === 'service') {
            client.setQueryData(fleetQuery.queryKey, (fleet) => fleet && withService(fleet, change.service));
            return;
          }
          const { summary } = change;
          client.setQueriesData<InfiniteData<Page<DeploymentSummary>>>(
            { queryKey: ['deployments'] },
            (pages) => pages && withSummary(pages, summary),
          );
          if (summary.seq === 1) void client.invalidateQueries({ queryKey: ['deployments'] });
          void client.invalidateQueries({ queryKey: ['deployment', summary.id] });
          if (summary.phase === 'ended') {
            void client.invalidateQueries({ queryKey: ['releases', summary.environment, summary.service] });
          }
        },
      },
    });
  }, [client]);
}

function withService(fleet: FleetView, changed: ServiceView): FleetView {
  const isSame = ({ service, environment }: ServiceView) =>
    service === changed.service && environment === changed.environment;
  return { ...fleet, services: fleet.services.map((one) => (isSame(one) ? changed : one)) };
}

function withSummary(
  data: InfiniteData<Page<DeploymentSummary>>,
  changed: DeploymentSummary,
): InfiniteData<Page<DeploymentSummary>> {
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.map((one) => (one.id === changed.id ? changed : one)),
  }));
  return { ...data, pages };
}
