import { describe, expect, test } from 'vitest';
import { resultOfFault } from '../../src/health/fault.ts';

function systemError(fields: Record<string, unknown>, message = 'jargon'): Error {
  return Object.assign(new Error(message), fields);
}

describe('a fault of the instance is unhealthy', () => {
  test.each([
    ['ECONNREFUSED', 'connection refused web:80'],
    ['ECONNRESET', 'connection reset web:80'],
    ['EHOSTUNREACH', 'host unreachable web:80'],
    ['ENOTFOUND', 'no such host web:80'],
    ['ETIMEDOUT', 'connection timed out web:80'],
    ['ESOMETHING', 'jargon'],
  ])('%s', (code, message) => {
    expect(resultOfFault(systemError({ code }), 'web:80')).toEqual({ status: 'unhealthy', message });
  });
});

describe('a fault of the machine that asks says nothing about the instance', () => {
  test.each([
    ['EMFILE', 'could not ask: too many open files'],
    ['EADDRNOTAVAIL', 'could not ask: no local address or port to connect from'],
    ['EAI_AGAIN', 'could not ask: the name could not be looked up'],
    ['EAGAIN', 'could not ask: too many processes'],
  ])('%s', (code, message) => {
    expect(resultOfFault(systemError({ code }), 'web:80')).toEqual({ status: 'unknown', message });
    expect(resultOfFault(systemError({ code, syscall: 'connect' })).status).toBe('unknown');
  });
});

describe('without a place', () => {
  test.each([
    [
      { code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: 4100 },
      'connection refused 127.0.0.1:4100',
    ],
    [
      { code: 'ECONNREFUSED', syscall: 'connect', address: '::1', port: 4100 },
      'connection refused [::1]:4100',
    ],
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'nowhere' }, 'no such host nowhere'],
    [{ code: 'ENOENT', syscall: 'open', path: '/etc/missing' }, 'cannot find /etc/missing'],
    [{ code: 'ECONNRESET', syscall: 'read' }, 'connection reset'],
  ])('a system error says where by itself: %j', (fields, message) => {
    expect(resultOfFault(systemError(fields)).message).toBe(message);
  });

  test('a program keeps its own words, also when it uses the codes of the system', () => {
    const own = systemError({ code: 'ENOENT' }, 'the tenant is not there');
    expect(resultOfFault(own)).toEqual({ status: 'unhealthy', message: 'the tenant is not there' });
    const wrapped = new Error('the pool is empty', {
      cause: systemError({ code: 'EMFILE', syscall: 'open' }),
    });
    expect(resultOfFault(wrapped)).toEqual({ status: 'unhealthy', message: 'the pool is empty' });
  });

  test('what fetch wraps is unwrapped', () => {
    const cause = systemError({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: 4100 });
    expect(resultOfFault(new TypeError('fetch failed', { cause })).message).toBe(
      'connection refused 127.0.0.1:4100',
    );
  });

  test('where several addresses were tried, the first tells', () => {
    const tried = ['::1', '127.0.0.1'].map((address) =>
      systemError({ code: 'ECONNREFUSED', syscall: 'connect', address, port: 80 }),
    );
    expect(resultOfFault(new AggregateError(tried, '')).message).toBe('connection refused [::1]:80');
    expect(resultOfFault(new AggregateError(tried, ''), 'localhost:80').message).toBe(
      'connection refused localhost:80',
    );
  });
});

test('jargon of TLS and HTTP is put into words', () => {
  const says = (code: string, message: string) =>
    resultOfFault(systemError({ code }, message), 'web:443').message;
  expect(says('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate')).toBe(
    'certificate refused (self-signed certificate) from web:443',
  );
  expect(
    says(
      'EPROTO',
      'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl.c:350:\n',
    ),
  ).toBe('TLS failed (wrong version number) with web:443');
  expect(says('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/')).toBe(
    'unreadable answer (Expected HTTP/) from web:443',
  );
});
