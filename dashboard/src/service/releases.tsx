import { Loader, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { LeaseKey } from '../../../src/journal/journal.ts';
import type { Begun, ReleaseView, Unchanged } from '../../../src/server/operations.ts';
import { ask } from '../api/client.ts';
import { releasesQuery } from '../api/queries.ts';
import { useSession, whyForbidden } from '../api/session.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Ago } from '../parts/ago.tsx';
import { Failure } from '../parts/failure.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { WideContent } from '../parts/wide-content.tsx';

/** Those that completed once; each can be gone back to, or says why not. */
export function Releases(key: LeaseKey) {
  const { data: releases, error, refetch } = useQuery(releasesQuery(key));
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (releases === undefined) return <Loader role="status" aria-label="Loading the releases" />;
  if (releases.length === 0) return <p className="dimmed">No deployment of it has completed yet.</p>;
  return (
    <WideContent name="Releases">
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Version</Table.Th>
            <Table.Th>Brought by</Table.Th>
            <Table.Th>Completed</Table.Th>
            <Table.Th>Go back</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {releases.map((release) => (
            <ReleaseRow key={release.release} release={release} of={key} />
          ))}
        </Table.Tbody>
      </Table>
    </WideContent>
  );
}

function ReleaseRow({ release, of }: { readonly release: ReleaseView; readonly of: LeaseKey }) {
  const session = useSession();
  const navigate = useNavigate();
  const { service, environment } = of;
  const act = async () => {
    const body = { service, environment, version: release.release };
    const begun = await ask<Begun | Unchanged>('/rollbacks', { method: 'POST', body });
    if (begun.deployment !== null)
      await navigate({ to: '/deployments/$id', params: { id: begun.deployment } });
  };
  return (
    <Table.Tr>
      <Table.Td className="mono">{release.version}</Table.Td>
      <Table.Td>
        <PageLink to="/deployments/$id" params={{ id: release.deployment }}>
          {release.deployment}
        </PageLink>
      </Table.Td>
      <Table.Td>
        <Ago at={release.endedAt} />
      </Table.Td>
      <Table.Td>
        <ActionButton
          label={`Roll back to ${release.version}`}
          size="compact-sm"
          refused={release.refused ?? whyForbidden(session, ['deploy'], environment)}
          question={`Roll ${service} back to ${release.version}?`}
          act={act}
        >
          {release.version} goes live in {environment} again, with all the care of a deployment.
        </ActionButton>
      </Table.Td>
    </Table.Tr>
  );
}
