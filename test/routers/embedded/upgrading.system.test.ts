import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { Bench, context, exchangeBytes, OLD } from './fixtures.ts';

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n';

/** Admits a backend that takes every upgrade and sends back what it gets. */
async function echo(bench: Bench, target: string): Promise<IncomingMessage[]> {
  const requests: IncomingMessage[] = [];
  const server = await bench.http(target, (_request, response) => response.end('plain'));
  server.server.on('upgrade', (request: IncomingMessage, socket: Socket, first: Buffer) => {
    requests.push(request);
    socket.write(`${SWITCHING}hello `);
    socket.write(first);
    socket.pipe(socket);
  });
  return requests;
}

/** A connection with its upgrade under way; `received` grows with what comes. */
function upgrade(bench: Bench, more = ''): { socket: Socket; received: () => string } {
  const socket = connect(bench.port, '127.0.0.1');
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(`GET /chat HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n${more}`);
  return { socket, received: () => text };
}

describe('an upgraded connection', () => {
  test('carries bytes both ways, from the very first', async () => {
    await using bench = await Bench.open();
    const requests = await echo(bench, 'a');
    const { socket, received } = upgrade(bench, 'early ');
    await waitFor('the first bytes', () => received().endsWith('hello early '));
    expect(received()).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/);
    expect(received()).toMatch(/\r\nupgrade: websocket\r\n/i);
    expect(received()).toContain('sec-websocket-accept: x');
    expect(requests[0]!.headers).toMatchObject({
      host: 'a',
      connection: 'upgrade',
      upgrade: 'websocket',
      'x-forwarded-for': '127.0.0.1',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    });
    const large = 'x'.repeat(5_000_000);
    socket.write(large);
    await waitFor('the echo', () => received().endsWith(large));
    const [before] = (await bench.router.inspect('api', context)).backends;
    expect([before!.inFlight, before!.requests]).toEqual([1, 1]);
    socket.end();
    await once(socket, 'close');
    await waitFor(
      'its end',
      async () => (await bench.router.inspect('api', context)).backends[0]!.inFlight === 0,
    );
  });

  test('ends with the backend', async () => {
    await using bench = await Bench.open();
    await echo(bench, 'a');
    const server = await bench.raw('a', (socket) => socket.once('data', () => socket.write(SWITCHING)));
    const { socket, received } = upgrade(bench);
    await waitFor('the upgrade', () => received().includes('101'));
    const closed = once(socket, 'close');
    server.kill();
    await closed;
  });

  test('is closed when nothing moves for the idle time', async () => {
    await using bench = await Bench.open({ idleTimeoutMs: 100 });
    await echo(bench, 'a');
    const { socket, received } = upgrade(bench);
    await waitFor('the upgrade', () => received().endsWith('hello '));
    await once(socket, 'close');
  });

  test('is given the drain timeout, then closed and counted', async () => {
    await using bench = await Bench.open({ drainTimeoutMs: 100 });
    await echo(bench, 'a');
    const { socket, received } = upgrade(bench);
    await waitFor('the upgrade', () => received().endsWith('hello '));
    const closed = once(socket, 'close');
    const drained = bench.router.drain('api', 'a', OLD, context);
    socket.write('still there');
    await waitFor('the echo', () => received().endsWith('still there'));
    expect(await drained).toEqual({ abandoned: 1 });
    await closed;
    const counted = await waitFor('the count', () => bench.router.stats('api')!.byRelease[OLD]);
    expect(counted).toEqual({ requests: 1, failed: 0 });
  });

  test('is cut off when the router closes', async () => {
    await using bench = await Bench.open();
    await echo(bench, 'a');
    const { socket, received } = upgrade(bench);
    await waitFor('the upgrade', () => received().endsWith('hello '));
    const closed = once(socket, 'close');
    await bench.router.close({ graceMs: 50 });
    await closed;
  });
});

describe('an upgrade that does not happen', () => {
  test('the backend says no: its answer is passed on and the connection closed', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic' });
      response.end('who are you?');
    });
    const answer = await exchangeBytes(bench.port, `GET /chat HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 401 Unauthorized\r\nwww-authenticate: Basic\r\n/);
    expect(answer).toMatch(/Connection: close/i);
    expect(answer).toContain('who are you?');
  });

  test('a backend that cannot be reached is passed over; without another one it is 502', async () => {
    await using bench = await Bench.open();
    await bench.dead('down');
    const answer = await exchangeBytes(bench.port, `GET /chat HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    await echo(bench, 'up');
    const { socket, received } = upgrade(bench);
    await waitFor('the upgrade', () => received().endsWith('hello '));
    socket.destroy();
  });

  test('to HTTP/2 is answered in HTTP/1.1, as it would pass the router by', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (request, response) => response.end(JSON.stringify(request.headers)));
    const answer = await exchangeBytes(
      bench.port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).not.toMatch(/"upgrade"|"http2-settings"/);
  });

  test('with a body it is refused: the two sides could not agree what that is', async () => {
    await using bench = await Bench.open();
    await echo(bench, 'a');
    for (const framing of ['Content-Length: 5', 'Transfer-Encoding: chunked']) {
      const answer = await exchangeBytes(
        bench.port,
        `POST /chat HTTP/1.1\r\nHost: a\r\n${UPGRADE}${framing}\r\n\r\nGET /`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    }
  });

  test('CONNECT is refused', async () => {
    await using bench = await Bench.open();
    await echo(bench, 'a');
    const answer = await exchangeBytes(bench.port, 'CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  });
});
