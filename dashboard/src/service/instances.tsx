import { Table } from '@mantine/core';
import type { InstanceStatus, ServiceStatus } from '../../../src/project/service-status.ts';
import { Ago } from '../parts/ago.tsx';
import { Tag, type Tone } from '../parts/tag.tsx';
import { WideContent } from '../parts/wide-content.tsx';

/** Each instance, and each target that could not be looked at. */
export function Instances({ status }: { readonly status: ServiceStatus }) {
  const away = Object.entries(status.unreachable);
  if (status.instances.length === 0 && away.length === 0) return <p className="dimmed">Nothing runs.</p>;
  return (
    <WideContent name="Instances">
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Target</Table.Th>
            <Table.Th>Version</Table.Th>
            <Table.Th>Health</Table.Th>
            <Table.Th>Traffic</Table.Th>
            <Table.Th>Restarts</Table.Th>
            <Table.Th>Since</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {status.instances.map((one) => (
            <Table.Tr key={`${one.target} ${one.release}`}>
              <Table.Td>{one.target}</Table.Td>
              <Table.Td className="mono">{one.version}</Table.Td>
              <Table.Td>
                <Tag tone={toneOf(one)}>{one.state === 'running' ? one.health : one.state}</Tag>{' '}
                <span className="dimmed">{one.message}</span>
              </Table.Td>
              <Table.Td>
                {one.routed ? `yes${one.inFlight > 0 ? `, ${one.inFlight} in flight` : ''}` : 'no'}
              </Table.Td>
              <Table.Td>{one.restarts}</Table.Td>
              <Table.Td>{one.startedAt === null ? '' : <Ago at={one.startedAt} />}</Table.Td>
            </Table.Tr>
          ))}
          {away.map(([target, why]) => (
            <Table.Tr key={target}>
              <Table.Td>{target}</Table.Td>
              <Table.Td />
              <Table.Td colSpan={4}>
                <Tag tone="bad">out of reach</Tag> <span className="dimmed">{why}</span>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideContent>
  );
}

function toneOf({ state, health }: InstanceStatus): Tone {
  if (state !== 'running') return 'waiting';
  if (health === 'unknown') return 'plain';
  return health === 'healthy' ? 'good' : 'bad';
}
