/** What pages read, each under its key. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import type { LeaseKey } from '../../../src/journal/journal.ts';
import type { Comparison } from '../../../src/project/compare-deployments.ts';
import type { DeploymentJson } from '../../../src/server/api/deployment-json.ts';
import type { FleetView, Page, PlanView, ReleaseView } from '../../../src/server/operations.ts';
import { ask, type Query } from './client.ts';

const FLEET_INTERVAL_MS = 10_000;

/** Every service everywhere, from the last looks. Asking is what keeps the looks fresh. */
export const fleetQuery = queryOptions({
  queryKey: ['fleet'],
  queryFn: ({ signal }) => ask<FleetView>('/fleet', { signal }),
  refetchInterval: FLEET_INTERVAL_MS,
});

/** What the journal alone does not tell: whether somebody looks after it, and why it cannot be rolled back. */
export function deploymentQuery(id: string) {
  return queryOptions({
    queryKey: ['deployment', id],
    queryFn: ({ signal }) => ask<DeploymentJson>(`/deployments/${encodeURIComponent(id)}`, { signal }),
  });
}

/** Newest first, page by page. @param filter as the API names them: service, environment, outcome, version, by… */
export function deploymentsQuery(filter: Query) {
  return infiniteQueryOptions({
    queryKey: ['deployments', filter],
    queryFn: ({ signal, pageParam }) =>
      ask<Page<DeploymentSummary>>('/deployments', { signal, query: { ...filter, cursor: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor ?? undefined,
  });
}

/** What a service can be rolled back to. */
export function releasesQuery({ service, environment }: LeaseKey) {
  return queryOptions({
    queryKey: ['releases', environment, service],
    queryFn: async ({ signal }) => {
      const path = `/services/${encodeURIComponent(service)}/releases`;
      return (await ask<{ items: ReleaseView[] }>(path, { signal, query: { environment } })).items;
    },
  });
}

export function comparisonQuery(from: string, to: string) {
  return queryOptions({
    queryKey: ['comparison', from, to],
    queryFn: ({ signal }) => ask<Comparison>('/comparisons', { signal, query: { from, to } }),
  });
}

/** A kept plan, by its digest. */
export function planQuery(digest: string) {
  return queryOptions({
    queryKey: ['plan', digest],
    queryFn: ({ signal }) => ask<PlanView>(`/plans/${digest}`, { signal }),
    staleTime: Infinity,
  });
}
