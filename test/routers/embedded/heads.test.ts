import type { IncomingMessage } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostHeader, hostName } from '../../../src/routers/embedded/host-name.ts';
import { isRelease, releaseToken } from '../../../src/routers/embedded/release-names.ts';
import { type RequestHead, readHead } from '../../../src/routers/embedded/request-head.ts';
import { passedOn } from '../../../src/routers/embedded/response-head.ts';
import { serviceRoute } from '../../../src/routers/embedded/service-route.ts';
import { cookieValue, stickyCookie } from '../../../src/routers/embedded/sticky-cookie.ts';

const FORWARDED = [
  ['X-Forwarded-For', '10.0.0.9'],
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Port', '8080'],
];

/** The head that is passed on for these headers, besides the forwarding headers that are always added. */
function read(headers: readonly (readonly [string, string])[], route: object = {}, remote = '10.0.0.9') {
  const socket = { remoteAddress: remote };
  const request = { method: 'GET', url: '/', rawHeaders: headers.flat(), httpVersionMinor: 1, socket };
  return readHead(request as unknown as IncomingMessage, serviceRoute({ service: 'api', ...route }), 8080);
}

function pairs(head: ReturnType<typeof read>): [string, string][] {
  const { headers } = head as RequestHead;
  return Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i]!, headers[2 * i + 1]!]);
}

describe('the head of a request', () => {
  test('keeps names as they are spelled, their order and repetitions', () => {
    const headers = [
      ['Accept', 'a'],
      ['x-UPPER', '1'],
      ['Accept', 'b'],
    ] as const;
    expect(pairs(read(headers))).toEqual([...headers, ...FORWARDED]);
  });

  test('any header that concerns the connection stays behind, however it is spelled', () => {
    const names = [
      'connection',
      'keep-alive',
      'proxy-connection',
      'transfer-encoding',
      'upgrade',
      'expect',
      'te',
    ];
    const spelled = fc.constantFrom(...names).chain((name) => fc.mixedCase(fc.constant(name)));
    fc.assert(
      fc.property(spelled, (name) => {
        expect(pairs(read([[name, 'chunked']]))).toEqual(FORWARDED);
      }),
    );
  });

  test('headers named in Connection stay behind, but not those that frame the request', () => {
    const headers = [
      ['Connection', 'X-One, close'],
      ['x-one', '1'],
      ['Content-Length', '5'],
      ['Connection', 'x-two,content-length, host'],
      ['X-TWO', '2'],
      ['X-Three', '3'],
    ] as const;
    expect(pairs(read(headers)).slice(0, 2)).toEqual([
      ['Content-Length', '5'],
      ['X-Three', '3'],
    ]);
  });

  test('tells whether there is a body, what cookies came, and what the tester asks for', () => {
    const body = (name: string, value: string) => (read([[name, value]]) as RequestHead).hasBody;
    expect(body('Content-Length', '0')).toBe(false);
    expect(body('content-length', '1')).toBe(true);
    expect(body('Transfer-Encoding', 'Chunked')).toBe(true);
    const head = read([
      ['Cookie', 'a=1'],
      ['cookie', 'b=2'],
      ['X-Sluice-Release', '2.0.0'],
    ]);
    expect(head).toMatchObject({ hasBody: false, cookies: 'a=1; b=2', release: '2.0.0' });
  });

  test('a trusted proxy in front is believed; X-Forwarded-For grows in any case', () => {
    const came = [
      ['Host', 'inner'],
      ['X-Forwarded-For', '1.1.1.1'],
      ['x-forwarded-for', '2.2.2.2'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'outer'],
      ['X-Forwarded-Port', '443'],
    ] as const;
    const added = (trustForwarded: boolean) =>
      Object.fromEntries(pairs(read(came, { trustForwarded }, '::ffff:3.3.3.3')));
    const chain = { Host: 'inner', 'X-Forwarded-For': '1.1.1.1, 2.2.2.2, 3.3.3.3' };
    expect(added(true)).toEqual({
      ...chain,
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'outer',
      'X-Forwarded-Port': '443',
    });
    expect(added(false)).toEqual({
      ...chain,
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'inner',
      'X-Forwarded-Port': '8080',
    });
  });
});

describe('the head of a response', () => {
  test('keeps all but what concerns the connection', () => {
    expect(
      passedOn({
        connection: 'keep-alive, X-Private',
        'x-private': '1',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        'set-cookie': ['a=1', 'b=2'],
        etag: '"x"',
      }),
    ).toEqual(['set-cookie', ['a=1', 'b=2'], 'etag', '"x"']);
  });

  test('cannot be passed on when the body is coded in a way that the client is not told of', () => {
    expect(passedOn({ 'transfer-encoding': 'gzip, chunked' })).toBeNull();
  });
});

describe('host names', () => {
  test.each([
    ['Shop.Example', 'shop.example'],
    ['shop.example:8080', 'shop.example'],
    ['shop.example.', 'shop.example'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['my_service', 'my_service'],
    ['', null],
    ['a b', null],
    ['a,b', null],
    ['a/b', null],
    ['a:', null],
    ['a:123456', null],
    ['.a', null],
    ['[::1', null],
  ])('%j is %j', (header, name) => {
    expect(hostName(header)).toBe(name);
  });

  test('none, one or several in a request', () => {
    expect(hostHeader(['Accept', 'host'])).toBeNull();
    expect(hostHeader(['Accept', 'a', 'HOST', 'b'])).toBe('b');
    expect(hostHeader(['Host', 'a', 'host', 'a'])).toBeUndefined();
  });
});

describe('names of releases', () => {
  test('a release is meant by its id or its version', () => {
    const id = '1.4.0-0123456789ab';
    expect(isRelease(id, id)).toBe(true);
    expect(isRelease(id, '1.4.0')).toBe(true);
    expect(isRelease(id, '1.4')).toBe(false);
    expect(isRelease(id, '1.4.0-0123456789a')).toBe(false);
    expect(isRelease('1.4.0-rc-0123456789ab', '1.4.0')).toBe(false);
  });

  test('the token is short, the same each time, and tells nothing', () => {
    expect(releaseToken('1.4.0-0123456789ab')).toMatch(/^[\w-]{16}$/);
    expect(releaseToken('1.4.0-0123456789ab')).toBe(releaseToken('1.4.0-0123456789ab'));
    expect(releaseToken('1.4.0-0123456789ac')).not.toBe(releaseToken('1.4.0-0123456789ab'));
  });
});

describe('the sticky cookie', () => {
  test('is found among others by its exact name', () => {
    const cookies = 'astay=1; stay=two=2;stay=3; b';
    expect(cookieValue(cookies, 'stay')).toBe('two=2');
    expect(cookieValue(cookies, 'b')).toBeNull();
    expect(cookieValue(null, 'stay')).toBeNull();
  });

  test('is for the server only and for the whole site', () => {
    expect(stickyCookie('stay', 'token')).toBe('stay=token; Path=/; HttpOnly; SameSite=Lax');
  });
});
