import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { PortPicker } from '../../src/supervisor/port-picker.ts';

test('no port is handed out twice, and each can be listened on', async () => {
  const picker = new PortPicker();
  const ports = await Promise.all(Array.from({ length: 50 }, () => picker.pick()));
  expect(new Set(ports).size).toBe(50);
  await using server = createServer().listen(ports[0], '127.0.0.1');
  await once(server, 'listening');
  expect(server.address()).toMatchObject({ port: ports[0] });
});
