import { Checkbox, Table } from '@mantine/core';
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import { formatDuration } from '../../../src/words/durations-text.ts';
import { inWords } from '../../../src/words/words.ts';
import { Ago } from '../parts/ago.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { Standing } from '../parts/standing.tsx';

interface DeploymentTableProps {
  readonly deployments: readonly DeploymentSummary[];
  /** At most two. */
  readonly chosen: readonly DeploymentSummary[];
  readonly choose: (chosen: readonly DeploymentSummary[]) => void;
}

/** A row each; on a narrow screen a card each. Two can be chosen. */
export function DeploymentTable({ deployments, chosen, choose }: DeploymentTableProps) {
  const toggle = (one: DeploymentSummary) => {
    const others = chosen.filter(({ id }) => id !== one.id);
    choose(others.length < chosen.length ? others : [...others, one].slice(-2));
  };
  return (
    <Table className="history-table narrow-cards" verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>
            <span className="unseen">Compare</span>
          </Table.Th>
          <Table.Th>Deployment</Table.Th>
          <Table.Th>Version</Table.Th>
          <Table.Th>Where</Table.Th>
          <Table.Th>How</Table.Th>
          <Table.Th>Outcome</Table.Th>
          <Table.Th>By</Table.Th>
          <Table.Th>When</Table.Th>
          <Table.Th>Took</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {deployments.map((one) => (
          <Table.Tr key={one.id}>
            <Table.Td>
              <Checkbox
                aria-label={`Compare ${one.id}`}
                checked={chosen.some(({ id }) => id === one.id)}
                onChange={() => toggle(one)}
              />
            </Table.Td>
            <Table.Td>
              <PageLink to="/deployments/$id" params={{ id: one.id }} fw={600}>
                {one.id}
              </PageLink>
            </Table.Td>
            <Table.Td className="mono">{one.version}</Table.Td>
            <Table.Td>
              {one.service} in {one.environment}
            </Table.Td>
            <Table.Td>{one.strategy}</Table.Td>
            <Table.Td>
              <Standing phase={one.phase} outcome={one.outcome} />
              {one.reason !== null && <div className="dimmed history-reason">{inWords(one.reason)}</div>}
            </Table.Td>
            <Table.Td>{one.by}</Table.Td>
            <Table.Td>
              <Ago at={one.createdAt} />
            </Table.Td>
            <Table.Td>{one.endedAt === null ? '' : formatDuration(one.endedAt - one.createdAt)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
