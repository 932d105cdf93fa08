/**
 * What every router must do, as cases for any test runner:
 *
 *     for (const { name, run } of routerConformance(openMine)) test(name, run);
 *
 * Each case opens a router of its own, and closes it. The backends are small HTTP servers on 127.0.0.1.
 */
import assert from 'node:assert/strict';
import type { Split } from '../routers/router.ts';
import { backendOf, Load, NEW, OLD, type OpenedRouter, RouterCase } from './router-fixtures.ts';

export interface ConformanceCase {
  readonly name: string;
  /** Rejects with what is wrong. */
  run(): Promise<void>;
}

type Cases = Record<string, (on: RouterCase) => Promise<void>>;

/** The cases. `open` is called once in each. */
export function routerConformance(open: () => Promise<OpenedRouter>): ConformanceCase[] {
  const cases: Cases = { ...shareCases, ...drainCases, ...ensureCases, ...loadCases };
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const on = new RouterCase(await open());
      try {
        await check(on);
      } finally {
        await on.close();
      }
    },
  }));
}

const shareCases: Cases = {
  'a backend that is admitted gets the requests': async (on) => {
    await on.admit('a', OLD);
    assert.deepEqual(await on.tally(5), { a: 5 });
  },

  'without a split each backend gets an equal share': async (on) => {
    await on.admit('a', OLD);
    await on.admit('b', OLD);
    await on.admit('c', NEW);
    const answers = await on.tally(90);
    for (const name of ['a', 'b', 'c']) assertShare(on, answers, [name], 30);
  },

  'a split gives the named release its share, divided equally': async (on) => {
    for (const target of ['a', 'b', 'c']) await on.admit(target, OLD, newGets(0));
    for (const target of ['x', 'y']) await on.admit(target, NEW, newGets(0));
    for (const percent of [10, 25, 50]) {
      await on.shift(newGets(percent));
      const answers = await on.tally(100);
      assertShare(on, answers, ['x', 'y'], percent);
      assertShare(on, answers, ['a', 'b', 'c'], 100 - percent);
      const [x = 0, y = 0] = [answers.x, answers.y];
      assert.ok(Math.abs(x - y) <= 1 + on.tolerance, `x ${x}, y ${y}`);
    }
  },

  'a share of 0 gets nothing and one of 100 everything': async (on) => {
    await on.admit('a', OLD, newGets(0));
    await on.admit('x', NEW, newGets(0));
    assert.deepEqual(await on.tally(30), { a: 30 });
    await on.shift(newGets(100));
    assert.deepEqual(await on.tally(30), { x: 30 });
    await on.shift(newGets(0));
    assert.deepEqual(await on.tally(30), { a: 30 });
  },

  'a side without backends gets nothing, whatever its share': async (on) => {
    await on.admit('a', OLD, newGets(100));
    assert.deepEqual(await on.tally(10), { a: 10 });
    await on.admit('x', NEW, newGets(0));
    await on.drain('a', OLD);
    assert.deepEqual(await on.tally(10), { x: 10 });
  },

  'taking the split away makes the shares equal': async (on) => {
    await on.admit('a', OLD, newGets(10));
    await on.admit('x', NEW, newGets(10));
    await on.shift(null);
    assertShare(on, await on.tally(100), ['x'], 50);
  },
};

const drainCases: Cases = {
  'a drained backend gets no more requests': async (on) => {
    await on.admit('a', OLD);
    await on.admit('b', OLD);
    await on.tally(10);
    assert.deepEqual(await on.drain('a', OLD), { abandoned: 0 });
    assert.deepEqual(await on.tally(10), { b: 10 });
  },

  'a drain waits for what is in flight, which is answered whole': async (on) => {
    const a = await on.admit('a', OLD);
    const held = a.hold();
    const answer = on.ask();
    await held;
    await on.admit('b', OLD);
    let drained = false;
    const drain = on.drain('a', OLD).then((result) => {
      drained = true;
      return result;
    });
    await on.untilDraining('a');
    assert.deepEqual(await on.tally(10), { b: 10 });
    assert.equal(drained, false, 'the drain ended while a request was in flight');
    a.letGo();
    assert.deepEqual(await drain, { abandoned: 0 });
    assert.equal(await answer, 'a');
  },

  'a drain of what is not there ends at once': async (on) => {
    assert.deepEqual(await on.drain('a', OLD), { abandoned: 0 });
    await on.admit('a', OLD);
    assert.deepEqual(await on.drain('a', NEW), { abandoned: 0 });
    assert.deepEqual(await on.drain('b', OLD), { abandoned: 0 });
    assert.deepEqual(await on.tally(5), { a: 5 });
  },

  'a drain that is given up rejects': async (on) => {
    const a = await on.admit('a', OLD);
    const held = a.hold();
    const answer = on.ask();
    await held;
    const given = new AbortController();
    const drain = on.router.drain(on.service, 'a', OLD, { signal: given.signal });
    given.abort();
    await assert.rejects(drain);
    a.letGo();
    assert.equal(await answer, 'a');
  },

  'a drained backend can be admitted again': async (on) => {
    const a = await on.admit('a', OLD);
    await on.drain('a', OLD);
    await on.router.admit(on.service, backendOf(a, OLD), null, on.context);
    assert.deepEqual(await on.tally(5), { a: 5 });
  },
};

const ensureCases: Cases = {
  'every operation may be repeated': async (on) => {
    const a = await on.admit('a', OLD, newGets(30));
    const x = await on.admit('x', NEW, newGets(30));
    for (const _ of [1, 2]) {
      await on.router.admit(on.service, backendOf(a, OLD), newGets(30), on.context);
      await on.router.admit(on.service, backendOf(x, NEW), newGets(30), on.context);
      await on.shift(newGets(30));
      assertShare(on, await on.tally(100), ['x'], 30);
    }
    for (const _ of [1, 2]) await on.drain('x', NEW);
    assert.deepEqual(await on.tally(5), { a: 5 });
  },

  'admitting a backend at another address moves it there': async (on) => {
    await on.admit('a', OLD);
    const moved = await on.server('elsewhere');
    const backend = { ...backendOf(moved, OLD), target: 'a' };
    await on.router.admit(on.service, backend, null, on.context);
    assert.deepEqual(await on.tally(5), { elsewhere: 5 });
    const { backends } = await on.router.inspect(on.service, on.context);
    assert.deepEqual(
      backends.map(({ target, address }) => ({ target, address })),
      [{ target: 'a', address: moved.address }],
    );
  },

  'one target may have both releases': async (on) => {
    const old = await on.server('old');
    const beside = await on.server('new');
    for (const [server, release] of [[old, OLD] as const, [beside, NEW] as const]) {
      const backend = { ...backendOf(server, release), target: 'a' };
      await on.router.admit(on.service, backend, newGets(0), on.context);
    }
    assert.deepEqual(await on.tally(10), { old: 10 });
    await on.shift(newGets(100));
    await on.drain('a', OLD);
    assert.deepEqual(await on.tally(10), { new: 10 });
  },

  'inspect tells what is there': async (on) => {
    const empty = await on.router.inspect(on.service, on.context);
    assert.deepEqual(empty.backends, []);
    const a = await on.admit('a', OLD, newGets(10));
    const x = await on.admit('x', NEW, newGets(10));
    await on.tally(20);
    const { backends, split } = await on.router.inspect(on.service, on.context);
    assert.deepEqual(split, newGets(10));
    const idle = { draining: false, inFlight: 0, requests: 0 };
    assert.deepEqual(
      backends.map((backend) => ({ ...backend, requests: 0 })),
      [
        { ...backendOf(a, OLD), ...idle },
        { ...backendOf(x, NEW), ...idle },
      ],
    );
    const requests = backends.map((backend) => backend.requests);
    if (!on.countsRequests) assert.deepEqual(requests, [null, null]);
    else assert.equal((requests[0] ?? 0) + (requests[1] ?? 0), 20);
  },
};

const loadCases: Cases = {
  'no request is lost while backends come, are shifted to, and go': async (on) => {
    await on.admit('a', OLD, newGets(0));
    await on.admit('b', OLD, newGets(0));
    const load = new Load(8, async () => {
      const answer = await on.ask();
      return ['a', 'b', 'x', 'y'].includes(answer) ? null : answer;
    });
    await load.more(50);
    const x = await on.admit('x', NEW, newGets(0));
    const y = await on.admit('y', NEW, newGets(0));
    for (const percent of [10, 50, 100]) {
      await on.shift(newGets(percent));
      await load.more(100);
    }
    assert.deepEqual(await on.drain('a', OLD), { abandoned: 0 });
    assert.deepEqual(await on.drain('b', OLD), { abandoned: 0 });
    await load.more(100);
    await on.admit('a', OLD, newGets(100));
    await on.shift(newGets(0));
    for (const server of [x, y]) assert.deepEqual(await on.drain(server.name, NEW), { abandoned: 0 });
    await load.more(100);
    assert.deepEqual(await load.stop(), []);
  },
};

function newGets(percent: number): Split {
  return { release: NEW, percent };
}

/** Fails unless the named servers together gave `expected` of the answers, give or take the tolerance. */
function assertShare(
  on: RouterCase,
  answers: Readonly<Record<string, number>>,
  names: readonly string[],
  expected: number,
): void {
  const got = names.reduce((sum, name) => sum + (answers[name] ?? 0), 0);
  const said = `${names.join(' and ')} got ${got}, not ${expected}, of ${JSON.stringify(answers)}`;
  assert.ok(Math.abs(got - expected) <= on.tolerance, said);
}
