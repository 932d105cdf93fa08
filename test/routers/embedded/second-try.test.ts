import { describe, expect, test } from 'vitest';
import { type FailedTry, isUnreachable, mayTryAgain } from '../../../src/routers/embedded/second-try.ts';

const LOST: FailedTry = { code: 'ECONNRESET', sent: true, method: 'GET', body: null, resends: 0 };

describe('mayTryAgain', () => {
  test.each<[string, Partial<FailedTry>, boolean]>([
    ['a GET whose connection was lost', {}, true],
    ['a HEAD', { method: 'HEAD' }, true],
    ['an OPTIONS', { method: 'OPTIONS' }, true],
    ['a POST', { method: 'POST' }, false],
    ['a DELETE', { method: 'DELETE' }, false],
    ['a GET with a body that was begun', { body: { touched: true } }, false],
    ['a POST with a body that was not', { method: 'POST', body: { touched: false } }, true],
    ['a second time', { resends: 1 }, true],
    ['a third time', { resends: 2 }, false],
    ['after waiting too long for a response', { code: 'UND_ERR_HEADERS_TIMEOUT' }, false],
    ['after a response that is not HTTP', { code: 'HPE_INVALID_CONSTANT' }, false],
    ['cut off by a drain', { code: 'CUT_OFF' }, true],
    ['a POST that had no connection', { sent: false, code: 'ECONNREFUSED', method: 'POST' }, true],
    [
      'anything that had no connection, however often',
      { sent: false, code: 'CONNECT_TIMEOUT', resends: 2 },
      true,
    ],
    ['what cannot be written at all', { sent: false, code: 'UND_ERR_INVALID_ARG' }, false],
  ])('%s', (_what, parts, may) => {
    expect(mayTryAgain({ ...LOST, ...parts })).toBe(may);
  });
});

describe('isUnreachable', () => {
  test('holds for failed connections, not for what is not their fault', () => {
    expect(['ECONNREFUSED', 'CONNECT_TIMEOUT', 'EHOSTUNREACH'].map(isUnreachable)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['UND_ERR_INVALID_ARG', 'CUT_OFF'].map(isUnreachable)).toEqual([false, false]);
  });
});
