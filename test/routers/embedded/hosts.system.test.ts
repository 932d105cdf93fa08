import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';
import { Bench, context, exchangeBytes, OLD, TestServer } from './fixtures.ts';

/** Serves one more service on the port of `api`, by a backend that answers with the service's name. */
async function share(bench: Bench, service: string, hosts: readonly string[]): Promise<TestServer> {
  await bench.router.configure({ service, port: bench.port, hosts });
  const server = await TestServer.http((_request, response) => response.end(service));
  await bench.router.admit(service, { target: 'a', release: OLD, address: server.address }, null, context);
  return server;
}

async function reachable(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

describe('several services on one port', () => {
  test('are told apart by host name: any case, any port, with or without final dot', async () => {
    await using bench = await Bench.open({ hosts: ['api.example'] });
    await bench.named('api');
    const servers = [await share(bench, 'web', ['www.example', 'EXAMPLE']), await share(bench, 'rest', [])];
    const ask = async (host: string) => (await bench.ask('/', { headers: { host } })).body;
    expect(await ask('api.example')).toBe('api');
    expect(await ask('API.Example:8080')).toBe('api');
    expect(await ask('www.example')).toBe('web');
    expect(await ask('example.:80')).toBe('web');
    expect(await ask('other.example')).toBe('rest');
    expect(await ask('[::1]:80')).toBe('rest');
    expect(await exchangeBytes(bench.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/rest$/);
    for (const server of servers) server.kill();
  });

  test('a host that no service has: 404, in words', async () => {
    await using bench = await Bench.open({ hosts: ['api.example'] });
    await bench.named('api');
    expect(await bench.refusal('/', { headers: { host: 'else.example:1' } })).toEqual([
      404,
      'unknown-host',
      'No service answers here to the host "else.example".\n',
    ]);
    const none = await exchangeBytes(bench.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(none).toMatch(/No service answers here to a request without a host name.\n$/);
    expect(bench.router.stats('api')!.requests).toBe(0);
  });

  test('cannot have the same name, nor both answer for the rest', async () => {
    await using bench = await Bench.open({ hosts: ['api.example', 'example'] });
    const { port } = bench;
    await expect(bench.router.configure({ service: 'web', port, hosts: ['Example'] })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `Service web cannot have the host example at port ${port}: service api has`,
    });
    await bench.router.configure({ service: 'rest', port });
    await expect(bench.router.configure({ service: 'more', port })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `Service more cannot have all hosts at port ${port}: service rest has`,
    });
    expect(bench.router.address('more')).toBeNull();
  });
});

describe('configuring again', () => {
  test('changes host names and bounds in place; a connection stays open', async () => {
    await using bench = await Bench.open({ queueTimeoutMs: 50 });
    const client = connect(bench.port, '127.0.0.1');
    let received = '';
    client.on('data', (chunk) => {
      received += String(chunk);
    });
    const status = async (host: string) => {
      received = '';
      client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await waitFor('an answer', () => received.endsWith('.\n'));
      return Number(received.slice(9, 12));
    };
    expect(await status('any')).toBe(503);
    await bench.router.configure({ service: 'api', hosts: ['only'], queueTimeoutMs: 1 });
    expect(await status('any')).toBe(404);
    expect(await status('only')).toBe(503);
    expect(bench.router.address('api')!.port).toBe(bench.port);
    client.destroy();
  });

  test('bounds of connections are the most generous of those who share the port', async () => {
    await using bench = await Bench.open({ hosts: ['api'], maxHeaderBytes: 4_096 });
    const large = `GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nX: ${'x'.repeat(6_000)}\r\n\r\n`;
    await bench.named('a');
    expect(await exchangeBytes(bench.port, large)).toMatch(/^HTTP\/1.1 431 /);
    await bench.router.configure({ service: 'web', port: bench.port, hosts: ['web'], maxHeaderBytes: 8_192 });
    expect(await exchangeBytes(bench.port, large)).toMatch(/^HTTP\/1.1 200 /);
    await bench.router.remove('web');
    expect(await exchangeBytes(bench.port, large)).toMatch(/^HTTP\/1.1 431 /);
  });

  test('to another port: that opens, and the one that nobody uses any more closes', async () => {
    await using bench = await Bench.open();
    await bench.named('a');
    const port = await freePort();
    await bench.router.configure({ service: 'api', port });
    expect(bench.router.address('api')).toEqual({ host: '127.0.0.1', port });
    expect(await reachable(port)).toBe(true);
    await waitFor('the old port to close', async () => !(await reachable(bench.port)));
  });

  test('a request under way at the old port is answered', async () => {
    await using bench = await Bench.open();
    let answer: () => void = () => {};
    await bench.http('a', (_request, response) => {
      answer = () => response.end('done');
    });
    const asked = bench.ask();
    await waitFor('the request', async () => {
      return (await bench.router.inspect('api', context)).backends[0]!.inFlight === 1;
    });
    await bench.router.configure({ service: 'api', port: await freePort() });
    answer();
    expect((await asked).body).toBe('done');
  });

  test('to a port that is taken: refused, and all stays as it was', async () => {
    await using bench = await Bench.open();
    await bench.named('a');
    const other = await TestServer.raw(() => {});
    await expect(bench.router.configure({ service: 'api', port: other.address.port })).rejects.toMatchObject({
      code: 'OPERATION',
      message: expect.stringContaining(`Cannot listen on 127.0.0.1 port ${other.address.port}`) as string,
    });
    expect(bench.router.address('api')!.port).toBe(bench.port);
    expect((await bench.ask()).body).toBe('a');
    other.kill();
  });

  test('two services to one new port at the same time', async () => {
    await using bench = await Bench.open();
    const port = await freePort();
    await Promise.all(
      ['x', 'y'].map((host) => bench.router.configure({ service: host, port, hosts: [host] })),
    );
    expect(['x', 'y'].map((service) => bench.router.address(service)!.port)).toEqual([port, port]);
  });
});

describe('removing a service', () => {
  test('takes it from its port, which goes on for the others and closes with the last', async () => {
    await using bench = await Bench.open({ hosts: ['api.example'] });
    await bench.named('a');
    await bench.router.configure({ service: 'web', port: bench.port, hosts: ['web.example'] });
    await bench.router.remove('api');
    expect((await bench.ask('/', { headers: { host: 'api.example' } })).status).toBe(404);
    expect(bench.router.stats('api')).toBeNull();
    expect(await bench.router.inspect('api', context)).toEqual({ backends: [], split: null });
    await bench.router.remove('web');
    await waitFor('the port to close', async () => !(await reachable(bench.port)));
    await bench.router.remove('web');
  });

  test('waits for what is under way, and sends away who waits', async () => {
    await using bench = await Bench.open({ maxInFlightPerBackend: 1 });
    let answer: () => void = () => {};
    await bench.http('a', (_request, response) => {
      answer = () => response.end('done');
    });
    const asked = bench.ask();
    const waits = bench.refusal();
    await waitFor('both', () => bench.router.stats('api')!.requests === 2);
    await waitFor('the backend', async () => {
      return (await bench.router.inspect('api', context)).backends[0]!.inFlight === 1;
    });
    const removed = bench.router.remove('api');
    expect((await waits)[1]).toBe('closing');
    answer();
    expect((await asked).body).toBe('done');
    await removed;
  });
});
