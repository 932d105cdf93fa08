/** Wherever a request ends for the router, it ends there for the backend: what comes in, and what goes out, as bytes. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bench, exchangeBytes, readAll, TestServer } from './fixtures.ts';
import { RecordingBackend } from './recording-backend.ts';

const AT_ONCE = 100;
const SILENCE_MS = 300;

async function open(): Promise<{ bench: Bench; backend: RecordingBackend }> {
  const bench = await Bench.open();
  const backend = new RecordingBackend();
  await bench.admit('a', await backend.listen());
  return { bench, backend };
}

const CLOSE = 'Connection: close\r\n';
const ADDED = (port: number) =>
  `X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: ${port}\r\n`;

test.each([
  [
    'a body with a length',
    `POST /x?y HTTP/1.1\r\nHost: a\r\n${CLOSE}Content-Length: 0002\r\n\r\nab`,
    'POST /x?y HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n+X-Forwarded-Host: a\r\ncontent-length: 2\r\n\r\nab',
  ],
  [
    'a body in chunks, with extensions and trailers, which go no further',
    `POST / HTTP/1.1\r\nHost: a\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n2;a="b"\r\nab\r\n0\r\nX-T: 1\r\n\r\n`,
    'POST / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n+X-Forwarded-Host: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  [
    'a URL as target, and bytes beyond ASCII in a header',
    `GET http://a/x HTTP/1.1\r\nHost: a\r\n${CLOSE}X: \xe9\xff\r\n\r\n`,
    'GET /x HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\nX: \xe9\xff\r\n+X-Forwarded-Host: a\r\n\r\n',
  ],
  [
    'headers of one connection, and headers that Connection names',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Forwarded-For, X-Own, Host, Content-Length\r\nX-Own: 1\r\n' +
      'Keep-Alive: 1\r\nProxy-Connection: x\r\nUpgrade: ws\r\nHTTP2-Settings: AA\r\nTE: gzip\r\nTrailer: X\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n+X-Forwarded-Host: a\r\n\r\n',
  ],
  [
    'names that a server with variables would take for those of the router',
    `POST / HTTP/1.1\r\nHost: a\r\n${CLOSE}X_Forwarded-For: 6.6.6.6\r\nTransfer_Encoding: chunked\r\nContent_Length: 0\r\n` +
      'content-length: 1\r\nMy_Own: 1\r\n\r\nb',
    'POST / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\nMy_Own: 1\r\n+X-Forwarded-Host: a\r\ncontent-length: 1\r\n\r\nb',
  ],
  [
    'a request to change to HTTP/2, and one by HTTP/1.0',
    'GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nGET /inside HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n+X-Forwarded-Host: a\r\n\r\n',
  ],
])('the backend gets, byte for byte: %s', async (_what, bytes, expected) => {
  const { bench, backend } = await open();
  await using _ = bench;
  expect(await exchangeBytes(bench.port, bytes)).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
  expect(backend.bytes).toBe(expected.replace('+', ADDED(bench.port)));
  expect(backend.faults).toEqual([]);
});

/** Sends the bytes and reads until nothing more comes. */
async function send(port: number, bytes: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let heardAt = performance.now();
  socket.on('data', () => {
    heardAt = performance.now();
  });
  socket.write(bytes, 'latin1');
  while (!socket.closed && performance.now() - heardAt < SILENCE_MS) await sleep(10);
  socket.destroy();
}

const odd = fc.constantFrom(
  ' ',
  '\t',
  '\r',
  '\n',
  '\0',
  '\x0b',
  ',',
  ';',
  ':',
  '+',
  '-',
  '_',
  '"',
  '\x85',
  '\xa0',
  '0',
);
const framing = fc.constantFrom(
  'Content-Length: 4',
  'Content-Length: 40',
  'content-length: 0',
  'Content-Length : 4',
  'Content-Length: 4, 4',
  'Transfer-Encoding: chunked',
  'transfer-encoding: CHUNKED',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: chunked\r\nX: y',
  'Transfer_Encoding: chunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'Expect: 100-continue',
  'Connection: Content-Length, Transfer-Encoding',
  'Connection: upgrade\r\nUpgrade: websocket',
  'TE: trailers',
);
const body = fc.constantFrom(
  '',
  'abcd',
  '4\r\nabcd\r\n0\r\n\r\n',
  '4;x=y\r\nabcd\r\n0\r\nX: y\r\n\r\n',
  '4\nabcd\n0\n\n',
  '04\r\nabcd\r\n00\r\n\r\n',
  '4 \r\nabcd\r\n0\r\n\r\n',
  '5\r\nabcd\r\n0\r\n\r\n',
  '0\r\n\r\n',
);
const request = fc.record({
  method: fc.constantFrom('POST', 'GET', 'PUT', 'HEAD', 'DELETE'),
  version: fc.constantFrom('1.1', '1.1', '1.1', '1.0', '2.0'),
  headers: fc.array(framing, { maxLength: 3 }),
  body,
});
/** Requests one after the other, and a stray character somewhere. */
const connection = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 3 }),
  at: fc.option(fc.nat(400)),
  odd,
});

test('whatever comes in: the backend gets no request that a strict parser does not see, and none that is unclear', async () => {
  const { bench, backend } = await open();
  await using _ = bench;
  const reference: string[] = [];
  const strict = await TestServer.http(async (incoming, response) => {
    reference.push(`${incoming.method} ${incoming.url} ${await readAll(incoming)}`);
    response.end();
  });
  const connections = fc.sample(connection, { numRuns: 1_000, seed: 20_261_123 }).map((one, number) => {
    const text = one.requests
      .map(({ method, version, headers, body }, index) => {
        const lines = [`${method} /${number}/${index} HTTP/${version}`, 'Host: a', ...headers];
        return `${lines.join('\r\n')}\r\n\r\n${body}`;
      })
      .join('');
    const at = one.at ?? text.length;
    return text.slice(0, at) + (at < text.length ? one.odd : '') + text.slice(at);
  });
  for (let first = 0; first < connections.length; first += AT_ONCE) {
    const some = connections.slice(first, first + AT_ONCE);
    await Promise.all(some.flatMap((bytes) => [send(bench.port, bytes), send(strict.address.port, bytes)]));
  }
  strict.kill();
  expect(backend.faults).toEqual([]);
  const got = backend.requests.map(({ method, target, body }) => `${method} ${target} ${body}`);
  expect(got.filter((one) => !reference.includes(one))).toEqual([]);
  // A part of it is sound, or it would be a test of nothing.
  expect(got.length).toBeGreaterThan(100);
  expect(new Set(got).size).toBe(got.length);
});
