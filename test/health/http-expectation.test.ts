import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../../src/health/http-exchange.ts';
import { type HttpExpectations, httpJudge } from '../../src/health/http-expectation.ts';

function judged(expectations: HttpExpectations, answer: Partial<HttpAnswer>): [string, string] {
  const { status, message } = httpJudge('http', expectations)(
    { status: 200, headers: {}, body: '', ...answer },
    12.4,
  );
  return [status, message];
}

describe('the status', () => {
  test.each([
    [undefined, 200, 'healthy', 'HTTP 200 in 12 ms'],
    [undefined, 299, 'healthy', 'HTTP 299 in 12 ms'],
    [undefined, 300, 'unhealthy', 'HTTP 300: "body"'],
    [undefined, 199, 'unhealthy', 'HTTP 199: "body"'],
    [204, 200, 'unhealthy', 'HTTP 200, expected 204: "body"'],
    ['200-399', 302, 'healthy', 'HTTP 302 in 12 ms'],
    [[200, 404], 404, 'healthy', 'HTTP 404 in 12 ms'],
    [[200, 404], 302, 'unhealthy', 'HTTP 302, expected 200 or 404: "body"'],
    [[401, '200-204'], 203, 'healthy', 'HTTP 203 in 12 ms'],
    [[401, '200-204'], 403, 'unhealthy', 'HTTP 403, expected 401 or 200-204: "body"'],
  ] as const)('%j and %d: %s', (expectStatus, status, verdict, message) => {
    const expectations = expectStatus === undefined ? {} : { expectStatus };
    expect(judged(expectations, { status, body: 'body' })).toEqual([verdict, message]);
  });

  test('is healthy exactly within the range', () => {
    const status = fc.integer({ min: 100, max: 599 });
    fc.assert(
      fc.property(status, status, status, (one, other, got) => {
        const from = Math.min(one, other);
        const to = Math.max(one, other);
        const [verdict] = judged({ expectStatus: `${from}-${to}` }, { status: got });
        expect(verdict).toBe(got >= from && got <= to ? 'healthy' : 'unhealthy');
      }),
    );
  });

  test('of a redirect comes with where it leads', () => {
    const headers = { location: '/login?state=secret' };
    expect(judged({}, { status: 302, headers })).toEqual(['unhealthy', 'HTTP 302 to "/login"']);
  });
});

test('the body has the text, or matches', () => {
  const body = '{"status":"UP"}';
  expect(judged({ expectBody: 'UP' }, { body })).toEqual(['healthy', 'HTTP 200 in 12 ms']);
  expect(judged({ expectBody: /"status":\s*"up"/i }, { body })).toEqual(['healthy', 'HTTP 200 in 12 ms']);
  expect(judged({ expectBody: 'DOWN' }, { body })).toEqual([
    'unhealthy',
    'HTTP 200, expected a body with "DOWN": "{"status":"UP"}"',
  ]);
  expect(judged({ expectBody: /down/ }, {})).toEqual(['unhealthy', 'HTTP 200, expected a body with /down/']);
});

test('headers have the value exactly, or match; their names in any case', () => {
  const headers = { 'x-version': '11.1.0', 'set-cookie': ['a=1', 'b=2'] };
  expect(judged({ expectHeaders: { 'X-Version': '11.1.0' } }, { headers })[0]).toBe('healthy');
  expect(judged({ expectHeaders: { 'x-version': /^11\./ } }, { headers })[0]).toBe('healthy');
  expect(judged({ expectHeaders: { 'set-cookie': /b=2/ } }, { headers })[0]).toBe('healthy');
  expect(judged({ expectHeaders: { 'x-version': '1.1.0' } }, { headers })).toEqual([
    'unhealthy',
    'HTTP 200 with x-version: "11.1.0", expected "1.1.0"',
  ]);
  expect(judged({ expectHeaders: { 'x-version': '11.1.0', etag: /./ } }, { headers })).toEqual([
    'unhealthy',
    'HTTP 200 without the header etag',
  ]);
});
