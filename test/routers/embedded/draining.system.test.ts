import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { Bench, context, OLD } from './fixtures.ts';

describe('draining', () => {
  test('what is not done in time is cut off and counted', async () => {
    await using bench = await Bench.open({ drainTimeoutMs: 50 });
    let held = 0;
    await bench.http('a', (_request, response) => {
      held += 1;
      if (held === 2) response.write('begun');
    });
    const silent = bench.refusal('/', { method: 'POST', body: 'x' });
    await waitFor('the first', () => held === 1);
    const begun = bench.ask();
    await waitFor('the second', () => held === 2);
    const broken = begun.catch((error: unknown) => error);
    expect(await bench.router.drain('api', 'a', OLD, context)).toEqual({ abandoned: 2 });
    expect(await silent).toEqual([
      503,
      'cut-off',
      'Service api gave no answer: its instance was taken out of service and the time to finish was over.\n',
    ]);
    expect(await broken).toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect((await bench.router.inspect('api', context)).backends).toEqual([]);
  });

  test('a GET that is cut off goes elsewhere', async () => {
    await using bench = await Bench.open({ drainTimeoutMs: 50 });
    let held = false;
    await bench.http('stuck', () => {
      held = true;
    });
    const asked = bench.ask();
    await waitFor('the request', () => held);
    await bench.named('other');
    expect(await bench.router.drain('api', 'stuck', OLD, context)).toEqual({ abandoned: 1 });
    expect((await asked).body).toBe('other');
  });

  test('called twice, both wait for the same drain', async () => {
    await using bench = await Bench.open();
    const held: ServerResponse[] = [];
    await bench.http('a', (_request, response) => held.push(response));
    const asked = bench.ask();
    await waitFor('the request', () => held[0]);
    const drains = [1, 2].map(() => bench.router.drain('api', 'a', OLD, context));
    const [status] = (await bench.router.inspect('api', context)).backends;
    expect([status!.draining, status!.inFlight]).toEqual([true, 1]);
    held[0]!.end('done');
    expect(await Promise.all(drains)).toEqual([{ abandoned: 0 }, { abandoned: 0 }]);
    expect((await asked).body).toBe('done');
  });

  test('admitted again while it drains, it goes on', async () => {
    await using bench = await Bench.open();
    const held: ServerResponse[] = [];
    const server = await bench.http('a', (_request, response) => held.push(response));
    const first = bench.ask();
    await waitFor('the request', () => held.length === 1);
    const drained = bench.router.drain('api', 'a', OLD, context);
    await bench.admit('a', server);
    expect(await drained).toEqual({ abandoned: 0 });
    const second = bench.ask();
    await waitFor('the second request', () => held.length === 2);
    for (const response of held) response.end('done');
    expect([(await first).body, (await second).body]).toEqual(['done', 'done']);
  });

  test('connections of clients stay open, those to the backend do not', async () => {
    await using bench = await Bench.open();
    const a = await bench.named('a');
    await bench.named('b');
    const client = connect(bench.port, '127.0.0.1');
    let received = '';
    client.on('data', (chunk) => {
      received += String(chunk);
    });
    const ask = async () => {
      received = '';
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await waitFor('an answer', () => /\r\n\r\n[ab]$/.test(received));
    };
    await ask();
    await ask();
    await bench.router.drain('api', 'a', OLD, context);
    await waitFor('the backend to be left', () => a.sockets.size === 0);
    await ask();
    await ask();
    expect(client.destroyed).toBe(false);
    client.destroy();
  });

  test('a backend that has moved is drained at both addresses', async () => {
    await using bench = await Bench.open({ drainTimeoutMs: 50 });
    let held = false;
    await bench.http('a', () => {
      held = true;
    });
    const asked = bench.refusal('/', { method: 'POST' });
    await waitFor('the request', () => held);
    await bench.named('a');
    expect((await bench.ask()).body).toBe('a');
    expect(await bench.router.drain('api', 'a', OLD, context)).toEqual({ abandoned: 1 });
    expect((await asked)[1]).toBe('cut-off');
  });
});

describe('closing the router', () => {
  test('lets what is under way end, and takes nothing new', async () => {
    await using bench = await Bench.open();
    const held: ServerResponse[] = [];
    await bench.http('a', (_request, response) => held.push(response));
    const asked = bench.ask();
    await waitFor('the request', () => held[0]);
    const closed = bench.router.close({ graceMs: 5_000 });
    await waitFor('a closed port', async () => {
      const socket = connect(bench.port, '127.0.0.1');
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      return error.code === 'ECONNREFUSED';
    });
    held[0]!.end('done');
    const { body, headers } = await asked;
    expect([body, headers.connection]).toEqual(['done', 'close']);
    await closed;
  });

  test('cuts off what is not done in time, and sends away who waits', async () => {
    await using bench = await Bench.open({ maxInFlightPerBackend: 1 });
    let held = false;
    await bench.http('a', () => {
      held = true;
    });
    const stuck = bench.ask().catch((error: unknown) => error);
    await waitFor('the request', () => held);
    const waiting = bench.refusal();
    await waitFor('one in line', () => bench.router.stats('api')!.requests === 2);
    const closed = bench.router.close({ graceMs: 100 });
    expect(await waiting).toEqual([503, 'closing', 'Service api is being taken out of service here.\n']);
    await closed;
    expect(await stuck).toBeInstanceOf(Error);
  });

  test('does not wait for connections on which nothing is under way', async () => {
    await using bench = await Bench.open();
    const waiting = bench.ask();
    await waitFor('one in line', () => bench.router.stats('api')!.requests === 1);
    const closed = bench.router.close({ graceMs: 60_000 });
    const { status, headers } = await waiting;
    expect([status, headers.connection]).toEqual([503, 'close']);
    await closed;
  });

  test('a closed router cannot be configured', async () => {
    await using bench = await Bench.open();
    await bench.router.close();
    await expect(bench.router.configure({ service: 'web' })).rejects.toMatchObject({ code: 'OPERATION' });
  });
});
