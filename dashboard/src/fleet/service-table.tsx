/** Services of one environment, a row each. On a narrow screen each row is a card. */
import { Table, Text } from '@mantine/core';
import type { ServiceView } from '../../../src/server/operations.ts';
import { counted, formatPercent, inWords } from '../../../src/words/words.ts';
import { Ago } from '../parts/ago.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { Standing } from '../parts/standing.tsx';
import { Tag } from '../parts/tag.tsx';
import { runningOf } from './running.ts';

export function ServiceTable({ services }: { readonly services: readonly ServiceView[] }) {
  return (
    <Table className="fleet-table narrow-cards" verticalSpacing="sm" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Service</Table.Th>
          <Table.Th>Runs</Table.Th>
          <Table.Th>Health</Table.Th>
          <Table.Th>Deployment</Table.Th>
          <Table.Th>Needs a person</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {services.map((view) => (
          <ServiceRow key={`${view.environment}/${view.service}`} view={view} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function ServiceRow({ view }: { readonly view: ServiceView }) {
  const { service, environment } = view;
  return (
    <Table.Tr data-needs={view.needs.length > 0 || undefined}>
      <Table.Td data-label="Service" className="fleet-name">
        <PageLink to="/services/$service" params={{ service }} search={{ environment }} fw={600}>
          {service}
        </PageLink>
      </Table.Td>
      <Table.Td data-label="Runs">
        <Versions view={view} />
      </Table.Td>
      <Table.Td data-label="Health">
        <Health view={view} />
      </Table.Td>
      <Table.Td data-label="Deployment">
        <LastDeployment view={view} />
      </Table.Td>
      <Table.Td data-label="Needs a person">
        <Needs view={view} />
      </Table.Td>
    </Table.Tr>
  );
}

function Versions({ view: { status } }: { readonly view: ServiceView }) {
  if (status === null) return <Text c="dimmed">not looked at yet</Text>;
  const { versions } = runningOf(status);
  if (versions.length === 0) return <Text c="dimmed">nothing</Text>;
  return versions.map(({ version, instances, percent }) => (
    <Text key={version} component="div">
      <span className="mono">{version}</span>{' '}
      <Text span size="sm" c="dimmed">
        on {instances}
        {percent === null || versions.length === 1 ? '' : `, ${formatPercent(percent)} of traffic`}
      </Text>
    </Text>
  ));
}

function Health({ view: { status, fault } }: { readonly view: ServiceView }) {
  if (status === null) return fault === null ? null : <Tag tone="bad">unknown</Tag>;
  const { healthy, unhealthy, unchecked, unreachable, versions } = runningOf(status);
  if (versions.length === 0 && unreachable === 0) return <Tag tone="plain">stopped</Tag>;
  return (
    <span className="tags">
      {healthy > 0 && <Tag tone="good">{healthy} healthy</Tag>}
      {unhealthy > 0 && <Tag tone="bad">{unhealthy} unhealthy</Tag>}
      {unchecked > 0 && <Tag tone="plain">{unchecked} running</Tag>}
      {unreachable > 0 && <Tag tone="bad">{unreachable} out of reach</Tag>}
      {status.drift.length > 0 && (
        <Tag tone="waiting">
          <span title={status.drift.join('\n')}>{counted(status.drift.length, 'difference')}</span>
        </Tag>
      )}
    </span>
  );
}

function LastDeployment({ view: { status } }: { readonly view: ServiceView }) {
  const shown = status?.unfinished ?? status?.last ?? null;
  if (shown === null) return <Text c="dimmed">never deployed</Text>;
  return (
    <span className="tags">
      <PageLink to="/deployments/$id" params={{ id: shown.id }}>
        {shown.id}
      </PageLink>
      <span className="mono">{shown.version}</span>
      <Standing phase={shown.phase} outcome={shown.outcome} />
      <Text span size="sm" c="dimmed">
        <Ago at={shown.endedAt ?? shown.createdAt} />
      </Text>
    </span>
  );
}

function Needs({ view: { needs } }: { readonly view: ServiceView }) {
  if (needs.length === 0) return null;
  return (
    <ul className="needs">
      {needs.map((need) => (
        <li key={need}>{inWords(need)}</li>
      ))}
    </ul>
  );
}
