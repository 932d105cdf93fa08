import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Load } from '../../../src/testing/router-fixtures.ts';
import { waitFor } from '../../support/wait-for.ts';
import { Bench, context, exchangeBytes, NEW, newGets, OLD, readAll, TestServer } from './fixtures.ts';

describe('a backend that cannot be reached', () => {
  test('another one gets the request, whatever its method, body and all', async () => {
    await using bench = await Bench.open();
    await bench.dead('down');
    await bench.http('up', async (request, response) => response.end(await readAll(request)));
    const bodies = [];
    for (let i = 0; i < 6; i++) {
      const body = `body ${i}`;
      bodies.push((await bench.ask('/', { method: i % 2 === 0 ? 'POST' : 'DELETE', body })).body);
    }
    expect(bodies).toEqual(['body 0', 'body 1', 'body 2', 'body 3', 'body 4', 'body 5']);
    const stats = bench.router.stats('api')!;
    expect([stats.requests, stats.retried, stats.errors]).toEqual([6, 1, { 502: 0, 503: 0, 504: 0 }]);
  });

  test('it is avoided for a second, then tried by one request', async () => {
    await using bench = await Bench.open();
    const flaky = await bench.named('flaky');
    await bench.named('steady');
    const { port } = flaky.address;
    flaky.kill();
    for (let i = 0; i < 20; i++) expect((await bench.ask()).body).toBe('steady');
    expect(bench.router.stats('api')!.retried).toBe(1);
    const back = await TestServer.http((_request, response) => response.end('flaky'), port);
    await sleep(1_050);
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push((await bench.ask()).body);
    expect(answers.toSorted()).toEqual(['flaky', 'flaky', 'steady', 'steady']);
    back.kill();
  });

  test('the only one is tried every time', async () => {
    await using bench = await Bench.open();
    const only = await bench.named('only');
    const { port } = only.address;
    only.kill();
    expect(await bench.refusal()).toEqual([
      502,
      'connect-failed',
      'Service api gave no answer: its instance did not accept the connection.\n',
    ]);
    const back = await TestServer.http((_request, response) => response.end('back'), port);
    expect((await bench.ask()).body).toBe('back');
    back.kill();
  });

  test('a retry goes to the other release only where that has a share', async () => {
    await using bench = await Bench.open();
    await bench.dead('old', OLD);
    await bench.named('new', NEW, newGets(0));
    expect((await bench.ask()).status).toBe(502);
    await bench.router.shift('api', newGets(1), context);
    expect((await bench.ask()).body).toBe('new');
  });

  test('one that does not accept the connection in time: 504', async () => {
    await using bench = await Bench.open({ connectTimeoutMs: 100 });
    await using full = await FullListener.start();
    await bench.router.admit('api', { target: 'full', release: OLD, address: full.address }, null, context);
    expect(await bench.refusal()).toEqual([
      504,
      'connect-timeout',
      'Service api gave no answer: its instance did not accept the connection in time.\n',
    ]);
  });
});

describe('a backend that breaks off before it answers', () => {
  test('GET, HEAD and OPTIONS go elsewhere; a POST cannot be repeated', async () => {
    await using bench = await Bench.open();
    await bench.raw('broken', (socket) => socket.on('data', () => socket.destroy()));
    await bench.named('sound');
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      for (let i = 0; i < 2; i++) expect((await bench.ask('/', { method })).status).toBe(200);
    }
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await bench.ask('/', { method: 'POST', body: 'x' })).status);
    expect(statuses).toEqual([502, 200, 502, 200]);
    const { retried, errors } = bench.router.stats('api')!;
    expect([retried, errors]).toEqual([6, { 502: 2, 503: 0, 504: 0 }]);
  });

  test('an upload of which no byte has come yet goes elsewhere', async () => {
    await using bench = await Bench.open();
    const broken = await bench.raw('broken', (socket) => setTimeout(() => socket.destroy(), 20));
    await bench.http('sound', async (request, response) => response.end(await readAll(request)));
    const upload = request({ port: bench.port, method: 'POST', headers: { 'content-length': 5 } });
    upload.flushHeaders();
    await once(broken.server, 'connection');
    await waitFor('the second try', () => bench.router.stats('api')!.retried === 1);
    upload.end('hello');
    const [response] = (await once(upload, 'response')) as [IncomingMessage];
    expect([response.statusCode, await readAll(response)]).toEqual([200, 'hello']);
  });

  test('a request that kills whoever reads it is sent three times, not to everybody', async () => {
    await using bench = await Bench.open();
    const killed: string[] = [];
    for (const target of ['a', 'b', 'c', 'd', 'e']) {
      await bench.raw(target, (socket) =>
        socket.on('data', () => {
          killed.push(target);
          socket.destroy();
        }),
      );
    }
    expect(await bench.refusal()).toEqual([
      502,
      'connection-lost',
      'Service api gave no answer: its instance closed the connection before it answered.\n',
    ]);
    expect(killed).toEqual(['a', 'b', 'c']);
  });

  test('idle connections that the only backend closes cost no GET', async () => {
    await using bench = await Bench.open();
    // Closes each connection with the second request on it, as if its idle time had ended at that moment.
    const server = await bench.raw('a', (socket) => {
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else socket.destroy();
      });
    });
    const both = async () => (await Promise.all([bench.ask(), bench.ask()])).map(({ body }) => body);
    for (let i = 0; i < 10; i++) expect(await both()).toEqual(['ok', 'ok']);
    expect(server.connections).toBe(20);
    expect(bench.router.stats('api')!.errors).toEqual({ 502: 0, 503: 0, 504: 0 });
  });
});

describe('a backend that answers badly', () => {
  test('not in time: 504, and its connection is given up', async () => {
    await using bench = await Bench.open({ responseTimeoutMs: 200 });
    const slow = await bench.http('slow', () => {});
    expect(await bench.refusal()).toEqual([
      504,
      'response-timeout',
      'Service api gave no answer: its instance did not begin to answer in time.\n',
    ]);
    await bench.ask();
    expect(slow.connections).toBe(2);
    expect(bench.router.stats('api')!.errors).toEqual({ 502: 0, 503: 0, 504: 2 });
  });

  test('a body that stops: the client is cut off after the idle time', async () => {
    await using bench = await Bench.open({ idleTimeoutMs: 200 });
    await bench.http('a', (_request, response) => response.write('begun'));
    const answer = await exchangeBytes(bench.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer).toMatch(/begun\r\n$/);
  });

  test.each([
    ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    [
      'both length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'another transfer coding',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    ],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`],
  ])('%s: 502', async (_what, response) => {
    await using bench = await Bench.open();
    await bench.raw('a', (socket) => socket.on('data', () => socket.write(response)));
    expect(await bench.refusal()).toEqual([
      502,
      'bad-response',
      'Service api gave no answer: its instance answered with something that is not valid HTTP.\n',
    ]);
  });

  test('an upload to a backend that does not read it: 504', async () => {
    await using bench = await Bench.open({ responseTimeoutMs: 300 });
    await bench.raw('a', (socket) => socket.pause());
    const body = Buffer.alloc(30_000_000);
    // The client may be cut off in the middle of its upload before it has read the answer.
    const status = await bench.ask('/', { method: 'POST', body }).then(
      (answer) => answer.status,
      () => 504,
    );
    expect([status, bench.router.stats('api')!.errors[504]]).toEqual([504, 1]);
  });
});

describe('under load', () => {
  test('killing one backend after the other loses no GET', async () => {
    await using bench = await Bench.open();
    const servers = new Map<string, TestServer>();
    for (const target of ['a', 'b', 'c']) servers.set(target, await bench.named(target));
    const load = startLoad(bench, 32);
    for (let round = 0; round < 6; round++) {
      await load.more(300);
      const target = ['a', 'b', 'c'][round % 3]!;
      servers.get(target)!.kill();
      await load.more(300);
      servers.set(target, await bench.named(target));
    }
    expect(await load.stop()).toEqual([]);
  });

  test('a rollout with drained backends that are then killed loses nothing, POST included', async () => {
    await using bench = await Bench.open();
    for (const target of ['a', 'b']) await bench.named(target, OLD, newGets(0));
    const load = startLoad(bench, 32, { method: 'POST', body: 'x'.repeat(2_000) });
    for (const target of ['x', 'y']) await bench.named(target, NEW, newGets(0));
    for (const percent of [10, 50, 100]) {
      await bench.router.shift('api', newGets(percent), context);
      await load.more(500);
    }
    for (const target of ['a', 'b']) {
      expect(await bench.router.drain('api', target, OLD, context)).toEqual({ abandoned: 0 });
    }
    await load.more(500);
    expect(await load.stop()).toEqual([]);
    const { retried, byRelease } = bench.router.stats('api')!;
    expect([retried, byRelease[OLD]!.failed, byRelease[NEW]!.failed]).toEqual([0, 0, 0]);
  });
});

function startLoad(bench: Bench, clients: number, options: object = {}): Load {
  return new Load(clients, async () => {
    const { status, body } = await bench.ask('/', options);
    return status === 200 ? null : body;
  });
}

/** A stopped process that listens and whose queue of connections is full: one more is neither taken nor refused. */
class FullListener implements AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  readonly #process: ChildProcess;
  readonly #fillers: Socket[] = [];

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.address = { host: '127.0.0.1', port };
  }

  static async start(): Promise<FullListener> {
    const script = `const server = require('net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        process.stdout.write(String(server.address().port), () => process.kill(process.pid, 'SIGSTOP'));
      });`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    const listener = new FullListener(child, Number(port));
    while (await listener.#takesOneMore());
    return listener;
  }

  async #takesOneMore(): Promise<boolean> {
    const socket = connect(this.address.port, '127.0.0.1');
    socket.on('error', () => {});
    this.#fillers.push(socket);
    return await Promise.race([once(socket, 'connect').then(() => true), sleep(100).then(() => false)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#fillers) socket.destroy();
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
