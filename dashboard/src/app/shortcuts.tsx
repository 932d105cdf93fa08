import { Kbd, Modal, Table } from '@mantine/core';

const KEYS = [
  ['f', 'Fleet'],
  ['h', 'History'],
  ['p', 'Make a plan'],
  ['/', 'Search, or filter'],
  ['t', 'Light or dark'],
  ['?', 'This list'],
] as const;

export function Shortcuts({ opened, close }: { readonly opened: boolean; readonly close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="Keyboard shortcuts" size="sm">
      <Table>
        <Table.Tbody>
          {KEYS.map(([key, does]) => (
            <Table.Tr key={key}>
              <Table.Td>
                <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
