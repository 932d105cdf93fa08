import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { runCheck } from '../../src/health/run-check.ts';
import { isToItself, tcpCheck } from '../../src/health/tcp-check.ts';
import { freePort } from '../support/free-port.ts';
import { startProcess } from '../support/run-process.ts';
import { waitFor } from '../support/wait-for.ts';

test('a port that accepts is healthy; the connection is closed again', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  const report = await runCheck(tcpCheck(), { address: { host: '127.0.0.1', port } });
  expect(report.status).toBe('healthy');
  expect(report.message).toMatch(/^connected in \d+ ms$/);
  await closed;
  const fixed = await runCheck(tcpCheck({ host: 'localhost', port }));
  expect(fixed.status).toBe('healthy');
  const otherPort = await runCheck(tcpCheck({ port }), { address: { host: '127.0.0.1', port: 1 } });
  expect(otherPort.status).toBe('healthy');
  server.close();
  await once(server, 'close');
});

test('a port where nobody listens is unhealthy', async () => {
  const port = await freePort();
  expect(await runCheck(tcpCheck(), { address: { host: '127.0.0.1', port } })).toMatchObject({
    status: 'unhealthy',
    message: `connection refused 127.0.0.1:${port}`,
  });
  expect((await runCheck(tcpCheck({ host: '::1', port }))).message).toBe(`connection refused [::1]:${port}`);
});

test('a name that does not exist is unhealthy, or unknown where no name can be looked up', async () => {
  const { status, message } = await runCheck(tcpCheck({ host: 'nowhere.invalid', port: 80 }));
  expect([
    'unhealthy: no such host nowhere.invalid:80',
    'unknown: could not ask: the name could not be looked up',
  ]).toContain(`${status}: ${message}`);
});

test('an instance without an address is unknown', async () => {
  expect(await runCheck(tcpCheck(), { target: 'web-1' })).toMatchObject({
    status: 'unknown',
    message: 'web-1 has no address to ask',
  });
  expect((await runCheck(tcpCheck({ port: 80 }))).message).toBe('it has no address to ask');
});

test('a server that takes no more connections is named in the timeout', async () => {
  const script = `
    require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      console.log(this.address().port);
    })`;
  await using server = startProcess([process.execPath, '-e', script]);
  const port = await waitFor('its port', () => Number(server.stdout) || null);
  // A stopped process accepts nobody: its queue takes a few connections, those after them get no answer.
  server.kill('SIGSTOP');
  const waiting = Array.from({ length: 4 }, () => connect({ host: '127.0.0.1', port }).on('error', () => {}));
  const check = tcpCheck({ host: '127.0.0.1', port, timeoutMs: 200 });
  const full = await waitFor('a full queue', async () => {
    const report = await runCheck(check);
    return report.status === 'healthy' ? null : report;
  });
  expect(full).toMatchObject({
    status: 'unhealthy',
    message: `timed out after 200 ms: no connection to 127.0.0.1:${port}`,
  });
  for (const socket of waiting) socket.destroy();
});

test('a connection that met itself is not taken for a server', async () => {
  const port = await freePort();
  const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: port });
  await once(socket, 'connect');
  expect(isToItself(socket)).toBe(true);
  socket.destroy();

  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const honest = connect({ host: '127.0.0.1', port });
  await once(honest, 'connect');
  expect(isToItself(honest)).toBe(false);
  honest.destroy();
  server.close();
});
