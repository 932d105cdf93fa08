/** A backend that answers what no server should: the client gets a sound answer, or one that ends too early. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { Bench, exchangeBytes } from './fixtures.ts';
import { RecordingBackend } from './recording-backend.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** What a client gets, without the date, when the backend answers with these bytes. */
async function answerTo(answer: string, request = GET): Promise<string> {
  await using bench = await Bench.open();
  await bench.admit('a', await new RecordingBackend().listen(answer));
  return (await exchangeBytes(bench.port, request)).replace(/Date: [^\r]*\r\n/, '');
}

const BODY = '2\r\nok\r\n0\r\n\r\n';

describe('an answer that two parsers could read in two ways is not passed on', () => {
  test.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokx'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok'],
    ['both lengths', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n${BODY}`],
    [
      'both, turned round',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n${BODY}`,
    ],
    [
      'chunked twice',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${BODY}`,
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok'],
    ['a line feed in a header', 'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok'],
    [
      'a carriage return in a header',
      'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok',
    ],
    ['an escape in a header', 'HTTP/1.1 200 OK\r\nX: \x1b[2J\r\nContent-Length: 2\r\n\r\nok'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
    ['no such status', 'HTTP/1.1 1000 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['no status at all', 'hello'],
    [
      'a head beyond all bounds',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\nContent-Length: 2\r\n\r\nok`,
    ],
  ])('%s: 502', async (_what, answer) => {
    expect(await answerTo(answer)).toMatch(
      /^HTTP\/1.1 502 Bad Gateway\r\n[\s\S]*x-sluice-error: bad-response\r\n/,
    );
  });

  test.each([
    [
      'a change of protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
    ['a status below all', 'HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('%s: 502', async (_what, answer) => {
    expect(await answerTo(answer)).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
  });

  test.each([
    ['a chunk that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n\r\n'],
    [
      'a length among the trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n',
    ],
  ])('%s: the answer has no end', async (_what, answer) => {
    const got = await answerTo(answer);
    expect(got).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\n2\r\nok\r\n$/);
  });
});

describe('an answer that is sound in its own way', () => {
  test.each([
    [
      'keeps bytes beyond ASCII',
      'HTTP/1.1 200 OK\r\nX: \xe2\x9c\x93 \xff\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\nx: \xe2\x9c\x93 \xff\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok',
    ],
    [
      'may spell chunked as it likes',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n${BODY}`,
      `HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${BODY}`,
    ],
    [
      'has no length where it has no body',
      'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n',
      'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
    ],
    [
      'cannot take its length away',
      'HTTP/1.1 200 OK\r\nConnection: X-A, Set-Cookie\r\nX-A: 1\r\nSet-Cookie: a\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok',
    ],
    [
      'says nothing in its status line',
      'HTTP/1.1 200 \x1b]0;x\x07\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok',
    ],
    [
      'keeps all its trailers, but none that belongs into the head',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: 1\r\nX-B: \xe9\r\nSet-Cookie: c\r\nX-A: 2\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-a: 1\r\nx-a: 2\r\nx-b: \xe9\r\n\r\n',
    ],
  ])('%s', async (_what, answer, expected) => {
    expect(await answerTo(answer)).toBe(expected);
  });

  test("of which there is more than one: the second is nobody's", async () => {
    const twice =
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
    await using bench = await Bench.open();
    await bench.admit('a', await new RecordingBackend().listen(twice));
    for (let count = 0; count < 5; count += 1) expect((await bench.ask()).body).toBe('ok');
  });

  test('to an upgrade: nothing of its length, and what follows is the other protocol', async () => {
    const answer =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ws\r\nContent-Length: 2\r\n\r\nhello';
    await using bench = await Bench.open({ idleTimeoutMs: 200 });
    await bench.admit('a', await new RecordingBackend().listen(answer));
    const got = await exchangeBytes(
      bench.port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\n',
    );
    expect(got).toMatch(
      /^HTTP\/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ws\r\n[\s\S]*\r\n\r\nhello$/,
    );
    expect(got).not.toContain('content-length');
  });
});

describe('a backend that is at work for ever', () => {
  test.each([
    ['and says so now and then', 1],
    ['and says so all the time', 2_000],
  ])('%s: 504 when its time is over', async (_what, count) => {
    await using bench = await Bench.open({ responseTimeoutMs: 400 });
    await bench.raw('a', (socket) => {
      const speak = () => {
        if (!socket.destroyed) socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(count));
      };
      const timer = setInterval(speak, 50);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await bench.refusal()).toEqual([504, 'response-timeout', expect.stringContaining('in time')]);
  });

  test('and hints without end: a client that does not read has no more than a few of them waiting', async () => {
    await using bench = await Bench.open({ responseTimeoutMs: 1_000 });
    const backend = await bench.raw('a', (socket) => {
      const flood = () => {
        while (
          !socket.destroyed &&
          socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'.repeat(500))
        );
      };
      socket.once('data', () => socket.on('drain', flood) && flood());
    });
    const socket = connect(bench.port, '127.0.0.1');
    await once(socket, 'connect');
    let got = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      got += data;
    });
    socket.write(GET);
    await waitFor('the end of it', () => backend.sockets.size === 0 && got.includes('504'));
    expect(got.match(/103 Early Hints/g)).toHaveLength(10);
    socket.destroy();
  });
});
