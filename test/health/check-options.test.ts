import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.ts';
import { type CheckOptions, scheduleOf } from '../../src/health/check-options.ts';
import { commandCheck } from '../../src/health/command-check.ts';
import { customCheck } from '../../src/health/custom-check.ts';
import { diskCheck } from '../../src/health/disk-check.ts';
import type { HealthCheck } from '../../src/health/health-check.ts';
import { type HttpCheckOptions, httpCheck } from '../../src/health/http-check.ts';
import { memoryCheck } from '../../src/health/memory-check.ts';
import { tcpCheck } from '../../src/health/tcp-check.ts';

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof InvalidInputError) return `${error.message} ${error.remedy}`;
    throw error;
  }
  return 'accepted';
}

const defaults = { name: 'http', scope: 'instance' } as const;

describe('the schedule', () => {
  test('has these defaults', () => {
    expect(scheduleOf({}, defaults)).toEqual({
      name: 'http',
      critical: true,
      timeoutMs: 5_000,
      intervalMs: 1_000,
      rise: 1,
      fall: 1,
      startDelayMs: 0,
      scope: 'instance',
    });
  });

  test('is what the options say', () => {
    const options = {
      name: 'ready',
      critical: false,
      timeoutMs: 3_600_000,
      intervalMs: 1,
      rise: 1_000,
      fall: 2,
      startDelayMs: 86_400_000,
      scope: 'service',
    } as const;
    expect(scheduleOf(options, defaults)).toEqual(options);
  });

  test.each([
    [
      { timeoutMs: 0 },
      'timeoutMs of health check "http" cannot be 0 Make it a whole number from 1 to 3600000.',
    ],
    [{ timeoutMs: 3_600_001 }, 'timeoutMs of health check "http" cannot be 3600001'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs of health check "http" cannot be NaN'],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, 'timeoutMs of health check "http" cannot be Infinity'],
    [{ intervalMs: 0 }, 'intervalMs of health check "http" cannot be 0'],
    [{ intervalMs: 1.5 }, 'intervalMs of health check "http" cannot be 1.5'],
    [{ intervalMs: '5s' as never }, 'intervalMs of health check "http" cannot be "5s"'],
    [{ rise: 0 }, 'rise of health check "http" cannot be 0'],
    [{ fall: -1, name: 'ready' }, 'fall of health check "ready" cannot be -1'],
    [{ fall: 1_001 }, 'fall of health check "http" cannot be 1001'],
    [{ startDelayMs: -1 }, 'startDelayMs of health check "http" cannot be -1 Make it a whole number from 0'],
    [{ critical: 'no' as never }, 'critical of health check "http" cannot be "no" Make it true or false.'],
    [{ scope: 'fleet' as never }, 'scope of health check "http" cannot be "fleet"'],
    [{ name: '' }, 'name of a health check cannot be ""'],
    [{ name: ' http' }, 'name of a health check cannot be " http"'],
    [{ name: 'a\nb' }, 'name of a health check cannot be "a\\nb"'],
    [{ name: 'x'.repeat(101) }, 'name of a health check cannot be "xxx'],
    [{ name: 7 as never }, 'name of a health check cannot be 7'],
  ] satisfies [CheckOptions, string][])('refuses %j', (options, message) => {
    expect(refusal(() => scheduleOf(options, defaults))).toContain(message);
  });
});

describe('without a name a check is called what it asks', () => {
  test.each([
    ['http /health', 'instance', httpCheck({ path: '/health?token=x' })],
    [
      'http example.com:8443/up',
      'service',
      httpCheck({ url: 'https://me:secret@example.com:8443/up?key=secret' }),
    ],
    [`http /${'x'.repeat(94)}`, 'instance', httpCheck({ path: `/${'x'.repeat(200)}` })],
    ['tcp', 'instance', tcpCheck()],
    ['tcp 5432', 'instance', tcpCheck({ port: 5432 })],
    ['tcp db', 'instance', tcpCheck({ host: 'db' })],
    ['tcp db:5432', 'service', tcpCheck({ host: 'db', port: 5432 })],
    ['command check', 'instance', commandCheck({ command: ['/opt/bin/check', '--all'] })],
    ['disk /var', 'service', diskCheck({ path: '/var', minFreePercent: 5 })],
    ['memory', 'service', memoryCheck({ minFreePercent: 5 })],
    ['queue', 'instance', customCheck('queue', () => true)],
    ['queue', 'service', customCheck('queue', () => true, { scope: 'service' })],
  ] satisfies [string, string, HealthCheck][])('%s, of scope %s', (name, scope, check) => {
    expect({ name: check.name, scope: check.scope }).toEqual({ name, scope });
  });
});

describe('http refuses', () => {
  test.each([
    [{}, 'path of health check "http" cannot be undefined'],
    [{ path: '/a', url: 'http://b/' }, 'path of health check "http b/" cannot be "/a"'],
    [{ path: 'health' }, 'path of health check "http health" cannot be "health"'],
    [{ path: '/a b' }, 'path of health check'],
    [{ path: '/a\r\nHost: b' }, 'name of a health check'],
    [{ path: '/a\r\nHost: b', name: 'http' }, 'path of health check "http" cannot be "/a\\r\\nHost: b"'],
    [{ url: '/health' }, 'url of health check "http" is not an HTTP address'],
    [{ url: 'ftp://example.com/' }, 'url of health check "http example.com/" is not an HTTP address'],
    [{ path: '/', method: 'GET /' }, 'method of health check "http /" cannot be "GET /"'],
    [{ path: '/', method: 'CONNECT' }, 'method of health check "http /" cannot be "CONNECT"'],
    [{ path: '/', headers: { 'a b': 'c' } }, 'headers of health check "http /": Header name'],
    [{ path: '/', headers: { a: 'b\r\nc: d' } }, 'headers of health check "http /": Invalid character'],
    [{ path: '/', redirects: 'maybe' as never }, 'redirects of health check "http /" cannot be "maybe"'],
    [{ path: '/', tls: { ca: 'no PEM', cert: 'no PEM' } }, 'tls of health check "http /"'],
    [{ path: '/', expectStatus: 99 }, 'expectStatus of health check "http /" cannot be 99'],
    [{ path: '/', expectStatus: 600 }, 'expectStatus of health check "http /" cannot be 600'],
    [{ path: '/', expectStatus: [] }, 'expectStatus of health check "http /" cannot be []'],
    [
      { path: '/', expectStatus: [200, '299-200'] },
      'expectStatus of health check "http /" cannot be "299-200"',
    ],
    [{ path: '/', expectStatus: '2xx' as never }, 'expectStatus of health check "http /" cannot be "2xx"'],
    [{ path: '/', scope: 'service' }, 'scope of health check "http /" cannot be "service"'],
    [{ path: '/', timeoutMs: -5 }, 'timeoutMs of health check "http /" cannot be -5'],
  ] satisfies [HttpCheckOptions, string][])('%j', (options, message) => {
    expect(refusal(() => httpCheck(options))).toContain(message);
  });

  test('a secret in a URL without repeating it', () => {
    expect(refusal(() => httpCheck({ url: 'ftp://user:hunter2@example.com/?key=hunter2' }))).not.toContain(
      'hunter2',
    );
  });
});

test('the other checks refuse what cannot be', () => {
  const refusals: [() => unknown, string][] = [
    [() => tcpCheck({ port: 0 }), 'port of health check "tcp 0" cannot be 0'],
    [() => tcpCheck({ port: 65_536 }), 'port of health check "tcp 65536" cannot be 65536'],
    [() => tcpCheck({ port: 80, scope: 'service' }), 'scope of health check "tcp 80" cannot be "service"'],
    [() => tcpCheck({ host: '', name: 'db' }), 'host of health check "db" cannot be ""'],
    [() => commandCheck({ command: [] }), 'command of health check "command" cannot be'],
    [() => commandCheck({ command: ['a\0b'], name: 'c' }), 'command of health check "c" cannot be'],
    [
      () => commandCheck({ command: ['a'], expectExitCode: 256 }),
      'expectExitCode of health check "command a"',
    ],
    [
      () => commandCheck({ command: ['a'], expectExitCode: [] }),
      'expectExitCode of health check "command a"',
    ],
    [() => customCheck('', () => true), 'name of a health check cannot be ""'],
    [() => customCheck('mine', 7 as never), 'function of health check "mine" cannot be 7'],
    [
      () => diskCheck({ path: '', name: 'disk', minFreePercent: 5 }),
      'path of health check "disk" cannot be ""',
    ],
    [() => diskCheck({ path: '/' }), 'minFreePercent of health check "disk /" cannot be undefined'],
    [() => memoryCheck({}), 'minFreePercent of health check "memory" cannot be undefined'],
    [() => memoryCheck({ minFreePercent: 101 }), 'minFreePercent of health check "memory" cannot be 101'],
    [
      () => memoryCheck({ minFreePercent: Number.NaN }),
      'minFreePercent of health check "memory" cannot be NaN',
    ],
    [() => memoryCheck({ minFreeBytes: -1 }), 'minFreeBytes of health check "memory" cannot be -1'],
    [
      () => memoryCheck({ degradedBelowBytes: 1.5 }),
      'degradedBelowBytes of health check "memory" cannot be 1.5',
    ],
    [
      () => memoryCheck({ minFreePercent: 10, degradedBelowPercent: 10 }),
      'degradedBelowPercent of health check "memory" cannot be 10 Make it more than 10, below which it is unhealthy.',
    ],
  ];
  for (const [make, message] of refusals) expect(refusal(make)).toContain(message);
});
