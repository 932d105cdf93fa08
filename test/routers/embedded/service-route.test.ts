import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { serviceRoute } from '../../../src/routers/embedded/service-route.ts';

describe('serviceRoute', () => {
  test('fills in every default', () => {
    expect(serviceRoute({ service: 'api' })).toEqual({
      service: 'api',
      port: 0,
      bindHost: '127.0.0.1',
      hosts: [],
      stickyCookie: false,
      releaseHeader: 'x-sluice-release',
      trustForwarded: false,
      connectTimeoutMs: 2_000,
      responseTimeoutMs: 60_000,
      idleTimeoutMs: 300_000,
      drainTimeoutMs: 30_000,
      queueTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      maxQueue: 1_000,
      maxInFlightPerBackend: 1_000,
      maxConnections: 10_000,
      maxHeaderBytes: 16_384,
    });
  });

  test('brings names to lower case, and is the same again when applied to its own result', () => {
    const route = serviceRoute({ service: 'api', hosts: ['Shop.Example', '[::1]'], releaseHeader: 'X-Pick' });
    expect(route).toMatchObject({ hosts: ['shop.example', '[::1]'], releaseHeader: 'x-pick' });
    expect(serviceRoute(route)).toEqual(route);
  });

  test.each([
    [{ port: -1 }, '-1 cannot be the port of service api'],
    [{ port: 65_536 }, '65536 cannot be the port of service api'],
    [{ connectTimeoutMs: 0 }, '0 cannot be the connectTimeoutMs of service api'],
    [{ idleTimeoutMs: 2 ** 31 }, '2147483648 cannot be the idleTimeoutMs of service api'],
    [{ maxQueue: 0.5 }, '0.5 cannot be the maxQueue of service api'],
    [{ maxInFlightPerBackend: 0 }, '0 cannot be the maxInFlightPerBackend of service api'],
    [{ maxHeaderBytes: 1_023 }, '1023 cannot be the maxHeaderBytes of service api'],
    [{ bindHost: '' }, '"" cannot be the bindHost of service api'],
    [{ hosts: ['a', 'b:80'] }, '["a","b:80"] cannot be the hosts of service api'],
    [{ hosts: ['*.example'] }, '["*.example"] cannot be the hosts of service api'],
    [{ stickyCookie: 'a;b' }, '"a;b" cannot be the stickyCookie of service api'],
    [{ releaseHeader: '' }, '"" cannot be the releaseHeader of service api'],
    [{ service: '../api' }, '"../api" cannot be the name of a service'],
  ])('refuses %j', (fields, message) => {
    const refused = () => serviceRoute({ service: 'api', ...fields });
    expect(refused).toThrow(InvalidInputError);
    expect(refused).toThrow(message);
  });
});
