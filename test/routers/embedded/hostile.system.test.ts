import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { Bench, context, exchangeBytes, readAll } from './fixtures.ts';

/** A router before a backend that counts and tells what it was asked. */
async function open(route: Parameters<typeof Bench.open>[0] = {}): Promise<{ bench: Bench; seen: string[] }> {
  const bench = await Bench.open(route);
  const seen: string[] = [];
  await bench.http('a', async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await readAll(request)}`.trim());
    response.end();
  });
  return { bench, seen };
}

const INSIDE = 'GET /inside HTTP/1.1\r\nHost: a\r\n\r\n';

describe('requests that two parsers could read in two ways are refused, and nothing of them is passed on', () => {
  test.each([
    [
      'both lengths',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INSIDE}`,
    ],
    [
      'both lengths, turned round',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${INSIDE}`,
    ],
    [
      'two lengths',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: ${INSIDE.length}\r\n\r\n${INSIDE}`,
    ],
    [
      'a list of lengths',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, ${INSIDE.length}\r\n\r\n${INSIDE}`,
    ],
    ['a signed length', `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello`],
    ['a length in hex', `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello`],
    [
      'space before the colon',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${INSIDE}`,
    ],
    [
      'another coding last',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${INSIDE}`,
    ],
    ['a coding before', `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    [
      'chunked twice',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'a folded header',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${INSIDE}`,
    ],
    ['a bare line feed', `GET / HTTP/1.1\nHost: a\n\n`],
    ['a bare carriage return', `GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n`],
    ['a zero byte', `GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n`],
    ['a control character in the target', `GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n`],
    [
      'an endless chunk size',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
    ],
    ['no host', `GET / HTTP/1.1\r\n\r\n`],
    ['two hosts', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
    ['a host with a path', `GET / HTTP/1.1\r\nHost: a/b\r\n\r\n`],
    ['a host with a user', `GET / HTTP/1.1\r\nHost: x@a\r\n\r\n`],
    ['an empty host', `GET / HTTP/1.1\r\nHost:\r\n\r\n`],
    ['a port that is none', `GET / HTTP/1.1\r\nHost: a:b\r\n\r\n`],
    ['another host in the target', `GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n`],
    [
      'chunks in HTTP/1.0',
      `POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INSIDE}`,
    ],
    [
      'a length that is rounded',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740993\r\n\r\n${INSIDE}`,
    ],
    [
      'an empty coding',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\nContent-Length: 2\r\n\r\nab${INSIDE}`,
    ],
    ['a bare line feed before the body', `GET / HTTP/1.1\r\nHost: a\r\n\n${INSIDE}`],
    ['a version of another protocol', `GET / HTTP/2.0\r\nHost: a\r\n\r\n`],
    ['a version from before headers', `GET / HTTP/0.9\r\nHost: a\r\n\r\n`],
    ['a method that is none', `PRANK / HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['TRACE', `TRACE / HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n\r\n`],
    ['a target that is a host', `GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a target with a user', `GET http://x@a/ HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a way through', `CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n${INSIDE}`],
    ['not HTTP at all', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`],
    ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
  ])('%s', async (_what, bytes) => {
    const { bench, seen } = await open();
    await using _ = bench;
    const closing = bytes.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const answer = await exchangeBytes(bench.port, closing);
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[\s\S]*\r\nx-sluice-error: bad-request\r\n/);
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(seen.filter((line) => line.includes('inside'))).toEqual([]);
  });

  test('a bad chunk in the middle of a body ends the connection, and the backend gets no whole request', async () => {
    const { bench, seen } = await open();
    await using _ = bench;
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await exchangeBytes(bench.port, `${head}5\r\nhello\r\nzz\r\n${INSIDE}`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(seen).toEqual([]);
  });
});

describe('what is sent behind a request that has no answer yet', () => {
  const CHUNK_EXTENSION = `1;${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`;
  test.each([
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['an upgrade to HTTP/2', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['a way through', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['what is not HTTP', 'BAD\r\n\r\n'],
    [
      'a chunk with a boundless extension',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK_EXTENSION}`,
    ],
  ])(
    '%s: the connection ends without a word that could be taken for the answer, the router goes on',
    async (_what, bytes) => {
      await using bench = await Bench.open();
      await bench.http('a', (request, response) => {
        if (request.url === '/slow') setTimeout(() => response.end('slow'), 200);
        else request.on('end', () => response.end('well')).resume();
      });
      expect(await exchangeBytes(bench.port, `GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${bytes}`)).toBe('');
      expect((await bench.ask('/well')).body).toBe('well');
    },
  );
});

describe('a client that leaves while a request of it waits behind another', () => {
  test.each([
    ['which has not come whole', 'POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nsome'],
    ['whose answer is long', 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('%s: nothing of it stays behind', async (_what, second) => {
    await using bench = await Bench.open();
    const seen: string[] = [];
    await bench.http('a', (request, response) => {
      seen.push(request.url ?? '');
      request.on('error', () => {});
      if (request.url === '/second' && request.method === 'GET') response.end(Buffer.alloc(20_000_000));
    });
    const socket = connect(bench.port, '127.0.0.1');
    socket.write(`GET /first HTTP/1.1\r\nHost: a\r\n\r\n${second}`);
    const inFlight = async () => (await bench.router.inspect('api', context)).backends[0]?.inFlight;
    await waitFor('both', async () => seen.includes('/second') && (await inFlight()) === 2);
    socket.destroy();
    await waitFor('none', async () => (await inFlight()) === 0, { timeoutMs: 2_000 });
  });
});

describe('what is sound passes', () => {
  test('pipelined requests, answered in order', async () => {
    const { bench, seen } = await open();
    await using _ = bench;
    const bytes =
      'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab' +
      'POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ncd\r\n0\r\n\r\n' +
      'GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answer = await exchangeBytes(bench.port, bytes);
    expect(answer.match(/HTTP\/1.1 200/g)).toHaveLength(3);
    expect(seen.toSorted()).toEqual(['GET /3', 'POST /1 ab', 'POST /2 cd']);
  });

  test('a header cannot be taken away that says where the request ends', async () => {
    const { bench, seen } = await open();
    await using _ = bench;
    const bytes =
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close, content-length, host\r\nContent-Length: 2\r\n\r\nab';
    expect(await exchangeBytes(bench.port, bytes)).toMatch(/^HTTP\/1.1 200/);
    expect(seen).toEqual(['POST / ab']);
  });
});

describe('too much, too slow', () => {
  test('a head that is too large: 431, in words', async () => {
    const { bench, seen } = await open({ maxHeaderBytes: 4_096 });
    await using _ = bench;
    const fits = `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${'x'.repeat(3_500)}\r\n\r\n`;
    expect(await exchangeBytes(bench.port, fits)).toMatch(/^HTTP\/1.1 200/);
    const answer = await exchangeBytes(bench.port, fits.replace('X: ', `X: ${'x'.repeat(500_000)}`));
    expect(answer).toMatch(/^HTTP\/1.1 431 Request Header Fields Too Large\r\n/);
    expect(answer).toMatch(
      /x-sluice-error: head-too-large[\s\S]*\r\n\r\nThe request was refused: its headers are too large.\n$/,
    );
    expect(seen).toEqual(['GET /']);
  });

  test('a thousand headers and more are all passed on', async () => {
    await using bench = await Bench.open();
    const backend = await bench.http('a', (request, response) => response.end(request.headers['x-last']));
    Object.assign(backend.server, { maxHeadersCount: 0 });
    const many = Array.from({ length: 1_200 }, (_, i) => `A${i}: 1\r\n`).join('');
    const bytes = `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${many}X-Last: here\r\n\r\n`;
    expect(await exchangeBytes(bench.port, bytes)).toMatch(/^HTTP\/1.1 200[\s\S]*\r\n\r\nhere$/);
  });

  test('a head that does not come to its end: 408', async () => {
    const { bench } = await open({ requestTimeoutMs: 200 });
    await using _ = bench;
    const answer = await exchangeBytes(bench.port, 'GET / HTTP/1.1\r\nHost: a\r\nX: never');
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    expect(answer).toContain('x-sluice-error: slow-request');
  });

  test('a connection on which nothing is ever asked is closed without a word', async () => {
    const { bench } = await open({ requestTimeoutMs: 200 });
    await using _ = bench;
    expect(await exchangeBytes(bench.port, '')).toBe('');
  });

  test('more connections than there may be: one more is closed, the others go on', async () => {
    await using bench = await Bench.open({ maxConnections: 3 });
    await bench.named('a');
    const held = Array.from({ length: 3 }, () => connect(bench.port, '127.0.0.1'));
    for (const socket of held) socket.on('error', () => {});
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const more = exchangeBytes(bench.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    // Closed without a word, or reset.
    expect(await more.catch(() => '')).toBe('');
    held[0]?.destroy();
    await waitFor('room for one more', async () => (await bench.ask().catch(() => null))?.body === 'a');
    for (const socket of held) socket.destroy();
  });

  test('an endless body in chunks: passed on as it comes, and nothing of it is kept', async () => {
    await using bench = await Bench.open();
    let received = 0;
    const backend = await bench.http('a', (request) => {
      request.on('data', (data: Buffer) => {
        received += data.length;
      });
      request.on('error', () => {});
    });
    const socket = connect(bench.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const before = process.memoryUsage().rss;
    for (let sent = 0; sent < 1_500; sent += 1) if (!socket.write(chunk)) await once(socket, 'drain');
    await waitFor('all of it', () => received > 90_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
    socket.destroy();
    await waitFor('the backend to be left', () => backend.sockets.size === 0);
  });

  test('many that send their head a byte at a time keep nobody else waiting, and are gone in time', async () => {
    await using bench = await Bench.open({ requestTimeoutMs: 300 });
    await bench.named('a');
    const slow = Array.from({ length: 100 }, () => connect(bench.port, '127.0.0.1'));
    const drip = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write('G');
    }, 50);
    const gone = Promise.all(
      slow.map(async (socket) => {
        socket.on('error', () => {}).resume();
        await once(socket, 'close');
      }),
    );
    expect((await bench.ask()).body).toBe('a');
    await gone;
    clearInterval(drip);
  });

  test('an upload that stops is cut off after the idle time', async () => {
    const { bench, seen } = await open({ idleTimeoutMs: 200 });
    await using _ = bench;
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome';
    expect(await exchangeBytes(bench.port, head)).toBe('');
    expect(seen).toEqual([]);
  });

  test('an upload that stops is cut off also when it had to wait for a backend', async () => {
    await using bench = await Bench.open({ idleTimeoutMs: 100 });
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome';
    const answer = exchangeBytes(bench.port, head);
    await sleep(250);
    await bench.http('a', (request, response) => readAll(request).then(() => response.end()));
    expect(await answer).toBe('');
  });

  test('a client that stops reading is cut off after the idle time', async () => {
    await using bench = await Bench.open({ idleTimeoutMs: 300 });
    const server = await bench.http('a', (_request, response) => {
      response.on('error', () => {});
      const write = () => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', write);
      write();
    });
    const socket = connect(bench.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(server.server, 'connection');
    await waitFor('the backend to be left', () => server.sockets.size === 0);
    socket.destroy();
  });

  test('a slow answer is not the client being idle', async () => {
    await using bench = await Bench.open({ idleTimeoutMs: 100 });
    await bench.http('a', async (request, response) => {
      await readAll(request);
      setTimeout(() => response.end('at last'), 400);
    });
    expect((await bench.ask('/', { method: 'POST', body: 'x' })).body).toBe('at last');
  });
});
