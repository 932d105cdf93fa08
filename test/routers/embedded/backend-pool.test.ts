import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/routers/embedded/backend.ts';
import { BackendPool, type Wish } from '../../../src/routers/embedded/backend-pool.ts';
import { releaseToken } from '../../../src/routers/embedded/release-names.ts';
import { serviceRoute } from '../../../src/routers/embedded/service-route.ts';
import { StoppedClock } from './stopped-clock.ts';

const OLD = '1.0.0-000000000001';
const NEW = '2.0.0-000000000002';
const ORDINARY: Wish = { release: null, token: null };

const pools: BackendPool[] = [];

/** A pool of backends that are never connected to, named `o1`, `o2` … and `n1`, `n2` …. */
function poolOf(old: number, fresh: number, percent: number | null, maxInFlightPerBackend = 1_000) {
  const clock = new StoppedClock();
  const route = serviceRoute({ service: 'api', maxInFlightPerBackend });
  const pool = new BackendPool(() => route, clock);
  const split = percent === null ? null : { release: NEW, percent };
  for (let i = 1; i <= old; i++) admit(pool, `o${i}`, OLD);
  for (let i = 1; i <= fresh; i++) admit(pool, `n${i}`, NEW);
  pool.shift(split);
  pools.push(pool);
  return { pool, clock };
}

function admit(pool: BackendPool, target: string, release: string): void {
  pool.admit({ target, release, address: { host: '127.0.0.1', port: 1 } }, null);
}

function targets(pool: BackendPool, count: number, wish: Wish = ORDINARY): (string | undefined)[] {
  return Array.from({ length: count }, () => pool.choose(wish, [])?.target);
}

/** Chooses until the named one comes up. */
function find(pool: BackendPool, target: string): Backend {
  for (let i = 0; i < 1_000; i++) {
    const backend = pool.choose(ORDINARY, []);
    if (backend?.target === target) return backend;
  }
  throw new Error(`${target} is never chosen`);
}

afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

describe('the ordinary choice', () => {
  test('is each in turn without a split', () => {
    expect(targets(poolOf(2, 1, null).pool, 6)).toEqual(['o1', 'o2', 'n1', 'o1', 'o2', 'n1']);
  });

  test('follows the split for any number of backends on each side', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(100),
        (old, fresh, percent) => {
          const chosen = targets(poolOf(old, fresh, percent).pool, 100);
          expect(chosen.filter((target) => target!.startsWith('n'))).toHaveLength(percent);
          for (const [letter, count] of [
            ['o', old],
            ['n', fresh],
          ] as const) {
            const each = Array.from({ length: count }, (_, i) => {
              return chosen.filter((target) => target === `${letter}${i + 1}`).length;
            });
            expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is nobody when there is nobody', () => {
    const { pool } = poolOf(0, 0, 10);
    expect(pool.choose(ORDINARY, [])).toBeNull();
    expect(pool.empty).toBe(true);
  });

  test('saying the same split again does not begin the turn anew', () => {
    const { pool } = poolOf(1, 1, 10);
    const chosen: (string | undefined)[] = [];
    for (let i = 0; i < 100; i++) {
      chosen.push(...targets(pool, 1));
      pool.shift({ release: NEW, percent: 10 });
    }
    expect(chosen.filter((target) => target === 'n1')).toHaveLength(10);
  });
});

describe('a wish', () => {
  const token = releaseToken(NEW);

  test('of the tester is granted whatever the share', () => {
    expect(targets(poolOf(1, 1, 0).pool, 2, { release: '2.0.0', token: null })).toEqual(['n1', 'n1']);
  });

  test('of a cookie is granted while the release has a share and a backend', () => {
    const { pool } = poolOf(1, 1, 1);
    expect(targets(pool, 3, { release: null, token })).toEqual(['n1', 'n1', 'n1']);
    pool.shift({ release: NEW, percent: 0 });
    expect(targets(pool, 3, { release: null, token })).toEqual(['o1', 'o1', 'o1']);
  });

  test('of the tester goes before that of the cookie', () => {
    expect(targets(poolOf(1, 1, 50).pool, 2, { release: '1.0.0', token })).toEqual(['o1', 'o1']);
  });

  test('that cannot be granted is passed over', () => {
    expect(targets(poolOf(1, 1, 0).pool, 2, { release: '3.0.0', token: 'x' })).toEqual(['o1', 'o1']);
  });
});

describe('a second try', () => {
  test('stays with the release while that has another backend, then leaves it', () => {
    const { pool } = poolOf(2, 2, 50);
    const first = find(pool, 'o1');
    const second = pool.choose(ORDINARY, [first])!;
    expect(second.target).toBe('o2');
    expect(pool.choose(ORDINARY, [first, second])!.release).toBe(NEW);
  });

  test('never goes to a release without a share', () => {
    const { pool } = poolOf(1, 2, 0);
    expect(pool.choose(ORDINARY, [find(pool, 'o1')])).toBeNull();
  });

  test('tries each backend once at most', () => {
    const { pool } = poolOf(3, 3, 50);
    const tried: Backend[] = [];
    for (;;) {
      const next = pool.choose(ORDINARY, tried);
      if (next === null) break;
      tried.push(next);
    }
    expect(tried.map(({ target }) => target).toSorted()).toEqual(['n1', 'n2', 'n3', 'o1', 'o2', 'o3']);
  });
});

describe('a backend whose connections fail', () => {
  /** Nobody listens at the address; what comes of the request does not matter here. */
  const send = (backend: Backend) => {
    backend.send({ path: '/', method: 'GET' }, { onRequestStart() {}, onResponseError() {} });
  };

  test('is avoided for 1, 2, 4, 8 and then 10 seconds, each ended by one probe', () => {
    const { pool, clock } = poolOf(2, 0, null);
    const bad = find(pool, 'o2');
    bad.connectFailed();
    for (const seconds of [1, 2, 4, 8, 10, 10]) {
      clock.advance(seconds * 1_000 - 1);
      expect(targets(pool, 4)).toEqual(['o1', 'o1', 'o1', 'o1']);
      clock.advance(1);
      send(find(pool, 'o2'));
      expect(targets(pool, 4)).toEqual(['o1', 'o1', 'o1', 'o1']);
      bad.leave();
      bad.connectFailed();
    }
  });

  test('is back at once when its probe gets through', () => {
    const { pool, clock } = poolOf(2, 0, null);
    const bad = find(pool, 'o2');
    bad.connectFailed();
    clock.advance(1_000);
    send(find(pool, 'o2'));
    bad.connectSucceeded();
    bad.leave();
    expect(new Set(targets(pool, 2))).toEqual(new Set(['o1', 'o2']));
  });

  test('failures at the same time count as one', () => {
    const { pool, clock } = poolOf(2, 0, null);
    const bad = find(pool, 'o2');
    for (let i = 0; i < 20; i++) bad.connectFailed();
    clock.advance(1_000);
    expect(find(pool, 'o2')).toBe(bad);
  });

  test('is tried all the same when it is the only one', () => {
    const { pool } = poolOf(1, 0, null);
    find(pool, 'o1').connectFailed();
    expect(targets(pool, 2)).toEqual(['o1', 'o1']);
  });

  test('the other side helps out where it has a share, and only there', () => {
    const { pool } = poolOf(1, 1, 50);
    find(pool, 'n1').connectFailed();
    expect(targets(pool, 4)).toEqual(['o1', 'o1', 'o1', 'o1']);
    pool.shift({ release: NEW, percent: 100 });
    expect(targets(pool, 2)).toEqual(['n1', 'n1']);
  });
});

describe('a backend that is full', () => {
  test('is passed over, and when all are full nobody is chosen', () => {
    const { pool } = poolOf(2, 0, null, 1);
    find(pool, 'o1').inFlight = 1;
    expect(targets(pool, 2)).toEqual(['o2', 'o2']);
    find(pool, 'o2').inFlight = 1;
    expect(pool.choose(ORDINARY, [])).toBeNull();
  });

  test('is waited for rather than trying one that is avoided', () => {
    const { pool } = poolOf(2, 0, null, 1);
    const [full, bad] = [find(pool, 'o1'), find(pool, 'o2')];
    full.inFlight = 1;
    bad.connectFailed();
    expect(pool.choose(ORDINARY, [])).toBeNull();
    expect([pool.isWorthWaiting([bad]), pool.isWorthWaiting([full])]).toEqual([true, false]);
    full.connectFailed();
    expect(pool.choose(ORDINARY, [])).toBe(bad);
  });

  test('of a side without a share is not waited for', () => {
    const { pool } = poolOf(1, 1, 0, 1);
    expect(pool.isWorthWaiting([find(pool, 'o1')])).toBe(false);
  });
});
