import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRoute, writeRoute } from '../../../src/routers/caddy/route.ts';
import { EMPTY_POOL, type Pool } from '../../../src/routers/pool.ts';
import { ROUTE } from './fixtures.ts';

const text = JSON.stringify(ROUTE);

const at = (target: string, release: string, port: number) => ({
  target,
  release,
  address: { host: '127.0.0.1', port },
});

const POOL: Pool = {
  members: [at('a', '1', 8081), at('x', '2', 8091)],
  leaving: [at('z', '1', 8089)],
  split: { release: '2', percent: 25 },
};

describe('the route of a service in Caddy', () => {
  test('gets its upstreams as often as their weights, and a handler that says what the pool is', () => {
    const [headers, keeper, proxy, ...more] = JSON.parse(writeRoute(text, 'api', POOL)).handle;
    expect(headers).toEqual(ROUTE.handle[0]);
    expect(keeper).toEqual({
      handler: 'subroute',
      routes: [
        {
          match: [{ not: [{ path: ['*'] }] }],
          handle: [
            { handler: 'vars', sluice: POOL },
            { handler: 'reverse_proxy', upstreams: [{ dial: '127.0.0.1:8089' }] },
          ],
        },
      ],
    });
    const dials = ['8081', '8081', '8091', '8081'].map((port) => ({ dial: `127.0.0.1:${port}` }));
    expect(proxy).toEqual({ ...ROUTE.handle[1], upstreams: dials });
    expect(more).toEqual([]);
  });

  test('keeps who has no share where its requests are counted', () => {
    const route = JSON.parse(writeRoute(text, 'api', { ...POOL, split: { release: '2', percent: 0 } }));
    expect(route.handle[1].routes[0].handle[1].upstreams).toEqual([
      { dial: '127.0.0.1:8091' },
      { dial: '127.0.0.1:8089' },
    ]);
    expect(route.handle[2].upstreams).toEqual([{ dial: '127.0.0.1:8081' }]);
  });

  test('reads back what was written, and nothing but the pool changes with the next', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    const backend = fc.record({
      target: name,
      release: name,
      address: fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.integer({ min: 1, max: 65_535 }) }),
    });
    const pool = fc.record({
      members: fc.array(backend, { maxLength: 4 }),
      leaving: fc.array(backend, { maxLength: 2 }),
      split: fc.option(fc.record({ release: name, percent: fc.integer({ min: 0, max: 100 }) })),
    });
    fc.assert(
      fc.property(pool, pool, (one, other) => {
        const once = writeRoute(text, 'api', one);
        expect(readRoute(once, 'api')).toEqual(one);
        expect(writeRoute(once, 'api', other)).toBe(writeRoute(text, 'api', other));
      }),
    );
    expect(readRoute(text, 'api')).toEqual(EMPTY_POOL);
  });

  test.each([
    ['is not a route', { '@id': 'api', handler: 'reverse_proxy' }],
    ['does not have one `reverse_proxy` in its `handle`', { handle: [{ handler: 'static_response' }] }],
    [
      'has upstreams that are not of Sluice',
      { handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: '127.0.0.1:80' }] }] },
    ],
  ])('says when it %s', (what, route) => {
    expect(() => readRoute(JSON.stringify(route), 'api')).toThrow(
      `What has the id api in the config of Caddy ${what}`,
    );
  });
});
