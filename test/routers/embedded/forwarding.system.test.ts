import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { Bench, exchangeBytes, readAll } from './fixtures.ts';

describe('what the backend sees', () => {
  test('method, path, query, host and body as they came', async () => {
    await using bench = await Bench.open();
    await bench.http('a', async (request, response) => {
      const { method, url } = request;
      response.end(JSON.stringify([method, url, request.headers.host, await readAll(request)]));
    });
    const { body } = await bench.ask('/a%20b?c=d&e', {
      method: 'PUT',
      body: 'hello',
      headers: { host: 'shop.example:81' },
    });
    expect(JSON.parse(body)).toEqual(['PUT', '/a%20b?c=d&e', 'shop.example:81', 'hello']);
  });

  test('who asked, by the forwarding headers', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (request, response) => response.end(JSON.stringify(request.headers)));
    const { body } = await bench.ask('/', {
      headers: { host: 'shop.example', 'x-forwarded-for': '10.0.0.1', 'x-forwarded-proto': 'https' },
    });
    expect(JSON.parse(body)).toMatchObject({
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-port': String(bench.port),
    });
  });

  test('headers of the connection stay behind, also those named in Connection', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (request, response) => {
      response.setHeader('connection', 'x-private, keep-alive');
      response.setHeader('x-private', 'of this connection');
      response.setHeader('x-public', 'of the response');
      response.end(JSON.stringify(request.headers));
    });
    const answer = await exchangeBytes(
      bench.port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\n' +
        'Proxy-Connection: keep-alive\r\nTE: gzip\r\nX-End: 2\r\n\r\n',
    );
    const [head, body] = answer.split('\r\n\r\n') as [string, string];
    expect(JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1))).toEqual({
      host: 'a',
      connection: 'keep-alive',
      'x-end': '2',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'a',
      'x-forwarded-port': String(bench.port),
      'x-forwarded-proto': 'http',
    });
    expect(head).toContain('x-public: of the response');
    expect(head).not.toContain('x-private');
  });

  test('a target that is a whole URL, as its path', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (request, response) => response.end(request.url));
    const get = (target: string) =>
      exchangeBytes(bench.port, `GET ${target} HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n`);
    expect(await get('http://a:1/x?y')).toMatch(/^\/x\?y$/m);
    expect(await get('http://A:1?y')).toMatch(/^\/\?y$/m);
    expect(await get('http://b/x')).toMatch(/^HTTP\/1.1 400 /);
    expect(await get('*')).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('what the client sees', () => {
  test('status, headers and repeated headers as they came', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (_request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('etag', '"x"');
      response.statusCode = 418;
      response.end('teapot');
    });
    const { status, headers, body } = await bench.ask();
    expect([status, body]).toEqual([418, 'teapot']);
    expect([headers['set-cookie'], headers.etag]).toEqual([['a=1', 'b=2'], '"x"']);
  });

  test('responses without body: HEAD, 204, 304, on one connection', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1234 });
      else if (request.url === '/204') response.writeHead(204);
      else if (request.url === '/304') response.writeHead(304, { 'content-length': 99 });
      response.end();
    });
    const ask = (method: string, path: string) => `${method} ${path} HTTP/1.1\r\nHost: a\r\n`;
    const answers = await exchangeBytes(
      bench.port,
      `${ask('HEAD', '/')}\r\n${ask('GET', '/204')}\r\n${ask('GET', '/304')}\r\n${ask('GET', '/')}Connection: close\r\n\r\n`,
    );
    const statuses = Array.from(answers.matchAll(/HTTP\/1.1 (\d+)/g), ([, status]) => status);
    expect(statuses).toEqual(['200', '204', '304', '200']);
    expect(answers).toContain('content-length: 1234');
    expect(answers.match(/transfer-encoding/gi)).toBeNull();
  });

  test('trailers', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (_request, response) => {
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
    const { headers, body, trailers } = await bench.ask();
    expect([headers.trailer, body, trailers]).toEqual(['x-sum', 'body', { 'x-sum': '42' }]);
    const old = await exchangeBytes(bench.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(old).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nbody$/);
    expect(old).not.toContain('trailer');
  });

  test('the head at once, though the body is long in coming', async () => {
    await using bench = await Bench.open();
    let write: (event: string) => void = () => {};
    await bench.http('a', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      write = (event) => response.write(event);
    });
    const { body, headers } = await bench.client.request({ method: 'GET', path: '/' });
    expect(headers['content-type']).toBe('text/event-stream');
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      const arrived = once(body, 'data');
      write(event);
      expect(String((await arrived)[0])).toBe(event);
    }
    body.on('error', () => {});
    body.destroy();
  });

  test('early hints', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      response.end('page');
    });
    const answer = await exchangeBytes(bench.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: <\/style.css>[\s\S]*\r\n\r\nHTTP\/1.1 200 OK/,
    );
  });
});

describe('bodies', () => {
  test('100 MB each way are whole and pass piece by piece', async () => {
    await using bench = await Bench.open();
    const part = randomBytes(1_048_576);
    await bench.http('a', async (request, response) => {
      await pipeline(request, response);
    });
    const sent = createHash('sha256');
    const received = createHash('sha256');
    async function* parts() {
      for (let i = 0; i < 100; i++) {
        sent.update(part);
        yield part;
      }
    }
    const { body } = await bench.client.request({ method: 'POST', path: '/', body: Readable.from(parts()) });
    for await (const chunk of body) received.update(chunk as Buffer);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
  });

  test('a client that does not read holds the backend back, not the memory', async () => {
    await using bench = await Bench.open();
    let written = 0;
    const part = Buffer.alloc(65_536);
    await bench.http('a', async (_request, response) => {
      response.on('error', () => {});
      while (written < 1_000_000_000) {
        written += part.length;
        if (!response.write(part)) await once(response, 'drain');
      }
    });
    const socket = connect(bench.port, '127.0.0.1');
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const settled = await stable(() => written);
    // What the kernel buffers of two connections and our own high-water marks hold.
    expect(settled).toBeGreaterThan(0);
    expect(settled).toBeLessThan(40_000_000);
    socket.destroy();
  });

  test('a backend that does not read holds the client back', async () => {
    await using bench = await Bench.open();
    let taken: IncomingMessage | null = null;
    await bench.http('a', (request) => {
      taken = request;
    });
    const upload = httpRequest({ port: bench.port, method: 'POST', path: '/' });
    upload.on('error', () => {});
    const part = Buffer.alloc(65_536);
    let sent = 0;
    let waiting = false;
    const push = () => {
      while (!waiting && sent < 1_000_000_000) {
        sent += part.length;
        if (!upload.write(part)) waiting = true;
      }
    };
    upload.on('drain', () => {
      waiting = false;
      push();
    });
    push();
    await waitFor('the request', () => taken);
    expect(await stable(() => sent)).toBeLessThan(40_000_000);
    upload.destroy();
  });

  test('a client that waits for 100 Continue gets it when a backend has the request', async () => {
    await using bench = await Bench.open({ queueTimeoutMs: 50 });
    const expecting = () => {
      const headers = { expect: '100-continue', 'content-length': 5 };
      const upload = httpRequest({ port: bench.port, method: 'POST', path: '/', headers });
      upload.flushHeaders();
      return upload;
    };
    const refused = expecting();
    let continued = false;
    refused.on('continue', () => {
      continued = true;
    });
    const [refusal] = (await once(refused, 'response')) as [IncomingMessage];
    expect([refusal.statusCode, continued]).toEqual([503, false]);
    refused.destroy();

    await bench.http('a', async (request, response) => response.end(await readAll(request)));
    const accepted = expecting();
    await once(accepted, 'continue');
    accepted.end('hello');
    const [response] = (await once(accepted, 'response')) as [IncomingMessage];
    expect(await readAll(response)).toBe('hello');
  });

  test('an answer before the end of the upload reaches the client, and the connection goes on', async () => {
    await using bench = await Bench.open();
    await bench.http('a', (request, response) => {
      if (request.method === 'GET') response.end('next');
      else response.writeHead(413, { 'content-length': 3 }).end('big');
    });
    const socket = connect(bench.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += String(chunk);
    });
    const size = 3_000_000;
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size / 2)}`);
    await waitFor('413', () => received.includes('big'));
    socket.write(`${'x'.repeat(size / 2)}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
    await waitFor('the next response', () => received.includes('next'));
    socket.destroy();
  });
});

describe('broken off', () => {
  test('a client that leaves, before the response or in it, is left by the backend too', async () => {
    await using bench = await Bench.open();
    for (const phase of ['before', 'in']) {
      let aborted = false;
      let arrived = false;
      await bench.http('a', (_request, response) => {
        arrived = true;
        if (phase === 'in') response.write('some');
        response.on('close', () => {
          aborted = !response.writableFinished;
        });
      });
      const socket = connect(bench.port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await waitFor('the request', () => arrived);
      if (phase === 'in') await once(socket, 'data');
      socket.destroy();
      await waitFor('the abort', () => aborted);
      const { backends } = await bench.router.inspect('api', { signal: AbortSignal.timeout(1000) });
      expect(backends.map((backend) => backend.inFlight)).toEqual([0]);
    }
  });

  test('a response that the backend does not finish is not made to look finished', async () => {
    await using bench = await Bench.open();
    await bench.raw('a', (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n', () => {
          socket.destroy();
        });
      });
    });
    const answer = await exchangeBytes(bench.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer).toMatch(/part\r\n$/);
    await expect(bench.ask()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect(bench.router.stats('api')!.byRelease).toEqual({
      '1.0.0-000000000001': { requests: 2, failed: 2 },
    });
  });
});

/** The value, once it has not changed for a while. */
async function stable(read: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  return await waitFor(
    'a value that stays',
    () => {
      same = read() === last ? same + 1 : 0;
      last = read();
      return same >= 10 ? last : null;
    },
    { intervalMs: 30 },
  );
}
