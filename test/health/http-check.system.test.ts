import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { customCheck } from '../../src/health/custom-check.ts';
import type { CheckSubject } from '../../src/health/health-check.ts';
import { type HttpCheckOptions, httpCheck } from '../../src/health/http-check.ts';
import { runCheck } from '../../src/health/run-check.ts';
import { freePort } from '../support/free-port.ts';
import { startServer, type TestServer } from './http-server.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Status and message of one run, with the server's address as `ADDRESS` and times as `N ms`. */
async function ask(server: TestServer, options: HttpCheckOptions, subject: CheckSubject = server.subject) {
  const { status, message } = await runCheck(httpCheck({ path: '/health', ...options }), subject);
  return `${status}: ${message.replaceAll(`127.0.0.1:${server.port}`, 'ADDRESS').replace(/in \d+ ms/, 'in N ms')}`;
}

async function askOnce(handler: Handler, options: HttpCheckOptions = {}): Promise<string> {
  await using server = await startServer(handler);
  return await ask(server, options);
}

describe('an answer', () => {
  test('with 200 is healthy; the request is what was asked for', async () => {
    const seen: unknown[] = [];
    const handler: Handler = (request, response) => {
      seen.push(request.method, request.url, request.headers);
      response.end('ok');
    };
    const options = {
      path: '/health?deep=1',
      method: 'POST',
      headers: { 'X-Key': 'k', Host: 'api.example.com' },
    };
    expect(await askOnce(handler, options)).toBe('healthy: HTTP 200 in N ms');
    expect(seen).toEqual([
      'POST',
      '/health?deep=1',
      { 'x-key': 'k', host: 'api.example.com', connection: 'close', 'content-length': '0' },
    ]);
  });

  test('with 503 is unhealthy, and says what the body says', async () => {
    const handler: Handler = (_request, response) => response.writeHead(503).end('still\nstarting\u001b[2J');
    expect(await askOnce(handler)).toBe('unhealthy: HTTP 503: "still starting[2J"');
  });

  test('comes from the instance, whatever its path looks like', async () => {
    const echo: Handler = (request, response) => response.end(request.url);
    expect(await askOnce(echo, { path: '//elsewhere/health', expectBody: '//elsewhere/health' })).toBe(
      'healthy: HTTP 200 in N ms',
    );
  });

  test('is judged by body and headers too', async () => {
    const handler: Handler = (_request, response) =>
      response.setHeader('x-version', '1.1.0').end('{"status":"UP","db":"DOWN"}');
    const options = { expectBody: /"status":"UP"/, expectHeaders: { 'X-Version': '1.1.0' } };
    expect(await askOnce(handler, options)).toBe('healthy: HTTP 200 in N ms');
    expect(await askOnce(handler, { ...options, expectBody: '"db":"UP"' })).toBe(
      'unhealthy: HTTP 200, expected a body with ""db":"UP"": "{"status":"UP","db":"DOWN"}"',
    );
  });

  test('to HEAD has no body to wait for', async () => {
    expect(await askOnce((_request, response) => response.end(), { method: 'HEAD' })).toBe(
      'healthy: HTTP 200 in N ms',
    );
  });

  test('that comes in pieces is put together', async () => {
    const handler: Handler = (_request, response) => {
      response.write('al');
      setImmediate(() => response.end('ive'));
    };
    expect(await askOnce(handler, { expectBody: 'alive' })).toBe('healthy: HTTP 200 in N ms');
  });

  test('may be an upgrade, when that is what is expected', async () => {
    const handler: Handler = ({ socket }) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    expect(await askOnce(handler, { expectStatus: 101 })).toBe('healthy: HTTP 101 in N ms');
    expect(await askOnce(handler)).toBe('unhealthy: HTTP 101');
  });
});

describe('a body without end', () => {
  const flood: Handler = (_request, response) => {
    response.write(`first${' '.repeat(70_000)}late`);
    const piece = Buffer.alloc(64 * 1024, 'x');
    const more = () => {
      while (response.write(piece));
      response.once('drain', more);
    };
    more();
  };

  test('is read up to 64 KiB, and then the connection is closed', async () => {
    let closed = () => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    await using server = await startServer((request, response) => {
      response.on('close', closed);
      flood(request, response);
    });
    expect(await ask(server, { expectBody: 'first' })).toBe('healthy: HTTP 200 in N ms');
    await isClosed;
  });

  test('what comes after 64 KiB is not seen', async () => {
    expect(await askOnce(flood, { expectBody: 'late' })).toBe(
      'unhealthy: HTTP 200, expected a body with "late": "first"',
    );
  });
});

describe('redirects', () => {
  const toLogin: Handler = (request, response) => {
    if (request.url === '/login') response.end('please sign in');
    else response.writeHead(302, { location: '/login' }).end();
  };

  test('are judged by their own status, unless they are to be followed', async () => {
    expect(await askOnce(toLogin)).toBe('unhealthy: HTTP 302 to "/login"');
    expect(await askOnce(toLogin, { expectStatus: '200-399' })).toBe('healthy: HTTP 302 in N ms');
    expect(await askOnce(toLogin, { redirects: 'follow', expectBody: 'sign in' })).toBe(
      'healthy: HTTP 200 in N ms',
    );
  });

  test('are followed five times, not six', async () => {
    const countdown: Handler = (request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    };
    expect(await askOnce(countdown, { redirects: 'follow', path: '/5' })).toBe('healthy: HTTP 200 in N ms');
    expect(await askOnce(countdown, { redirects: 'follow', path: '/6' })).toBe(
      'unhealthy: more than 5 redirects, the last to ADDRESS',
    );
  });

  test('in a loop end', async () => {
    let requests = 0;
    const loop: Handler = (_request, response) => {
      requests++;
      response.writeHead(301, { location: '/health' }).end();
    };
    expect(await askOnce(loop, { redirects: 'follow' })).toContain('more than 5 redirects');
    expect(requests).toBe(6);
  });

  test('to somewhere that is not HTTP are unhealthy', async () => {
    const away = (location: string): Handler => {
      return (_request, response) => response.writeHead(302, { location }).end();
    };
    expect(await askOnce(away('ftp://example.com/'), { redirects: 'follow' })).toBe(
      'unhealthy: HTTP 302 of ADDRESS to "ftp://example.com/"',
    );
    expect(await askOnce(away('http://:bad:'), { redirects: 'follow' })).toBe(
      'unhealthy: HTTP 302 of ADDRESS to "http://:bad:"',
    );
  });

  test.each([
    [301, 'POST', 'GET'],
    [302, 'PUT', 'PUT'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [308, 'POST', 'POST'],
  ])('%d turns %s into %s', async (status, method, then) => {
    const methods: unknown[] = [];
    const handler: Handler = (request, response) => {
      methods.push(request.method);
      if (request.url === '/next') response.end();
      else response.writeHead(status, { location: '/next' }).end();
    };
    expect(await askOnce(handler, { redirects: 'follow', method })).toBe('healthy: HTTP 200 in N ms');
    expect(methods).toEqual([method, then]);
  });

  test('to the same origin take the headers along, to another one not', async () => {
    const keys: unknown[] = [];
    await using other = await startServer((request, response) => {
      keys.push(request.headers['x-key']);
      response.end('other');
    });
    const handler: Handler = (request, response) => {
      keys.push(request.headers['x-key']);
      const location = request.url === '/here' ? `http://127.0.0.1:${other.port}/` : '/here';
      response.writeHead(302, { location }).end();
    };
    const options = { redirects: 'follow', headers: { 'X-Key': 'secret' }, expectBody: 'other' } as const;
    expect(await askOnce(handler, options)).toBe('healthy: HTTP 200 in N ms');
    expect(keys).toEqual(['secret', 'secret', undefined]);
  });
});

describe('no good answer', () => {
  test.each<[string, Handler, string]>([
    [
      'the connection is closed instead',
      ({ socket }) => socket.end(),
      'unhealthy: connection closed: no answer from ADDRESS',
    ],
    [
      'the connection is reset instead',
      ({ socket }) => socket.resetAndDestroy(),
      'unhealthy: connection closed: no answer from ADDRESS',
    ],
    [
      'it breaks off in the middle',
      ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
      'unhealthy: connection closed: no end of the answer from ADDRESS',
    ],
    [
      'it is not HTTP',
      ({ socket }) => socket.end('220 mail ready\r\n'),
      'unhealthy: unreadable answer (Expected HTTP/, RTSP/ or ICE/) from ADDRESS',
    ],
    [
      'its headers are too long',
      (_request, response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(),
      'unhealthy: unreadable answer (Header overflow) from ADDRESS',
    ],
  ])('%s', async (_case, handler, expected) => {
    expect(await askOnce(handler)).toBe(expected);
  });

  test('nobody listens', async () => {
    const address = { host: '127.0.0.1', port: await freePort() };
    const report = await runCheck(httpCheck({ path: '/' }), { address });
    expect(report).toMatchObject({
      status: 'unhealthy',
      message: `connection refused 127.0.0.1:${address.port}`,
    });
    const named = await runCheck(httpCheck({ url: `http://localhost:${address.port}/` }));
    expect(named).toMatchObject({
      status: 'unhealthy',
      message: `connection refused localhost:${address.port}`,
    });
  });

  test('there is no address to ask', async () => {
    expect(await runCheck(httpCheck({ path: '/' }), { target: 'web-1' })).toMatchObject({
      status: 'unknown',
      message: 'web-1 has no address to ask',
    });
  });
});

describe('a server that hangs', () => {
  test('before it answers is named in the timeout', async () => {
    expect(await askOnce(() => {}, { timeoutMs: 50 })).toBe(
      'unhealthy: timed out after 50 ms: no answer from ADDRESS',
    );
  });

  test('in the middle of its answer as well', async () => {
    expect(await askOnce((_request, response) => void response.write('a'), { timeoutMs: 50 })).toBe(
      'unhealthy: timed out after 50 ms: no end of the answer from ADDRESS',
    );
  });

  test('is let go of: its connection is closed', async () => {
    let closed = () => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    await using server = await startServer((request) => request.socket.on('close', closed));
    await ask(server, { timeoutMs: 50 });
    await isClosed;
  });
});

test('each run opens a connection of its own, although the server would keep it', async () => {
  await using server = await startServer((_request, response) => response.end('ok'));
  const check = httpCheck({ path: '/' });
  for (let run = 0; run < 5; run++) await runCheck(check, server.subject);
  expect(server.connections).toBe(5);
});

test('a full URL is asked whatever the subject', async () => {
  await using server = await startServer((request, response) => response.end(request.url));
  const check = httpCheck({ url: `http://127.0.0.1:${server.port}/site`, expectBody: '/site' });
  expect((await runCheck(check, { address: { host: '127.0.0.1', port: 1 } })).status).toBe('healthy');
  expect((await runCheck(check)).status).toBe('healthy');
});

test('a check of one’s own may use fetch: what it throws is put into words', async () => {
  const port = await freePort();
  const check = customCheck('mine', async (_subject, signal) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal });
    return response.ok;
  });
  expect(await runCheck(check)).toMatchObject({
    status: 'unhealthy',
    message: `connection refused 127.0.0.1:${port}`,
  });
});
