import { describe, expect, test } from 'vitest';
import { EmbeddedRouter } from '../../../src/routers/embedded/embedded-router.ts';
import { Bench, context, NEW, newGets, OLD } from './fixtures.ts';

describe('a router restored from a snapshot', () => {
  test('goes on at the same port, with the same backends and split', async () => {
    await using bench = await Bench.open({ stickyCookie: 'stay', idleTimeoutMs: 1_234 });
    const old = await bench.named('old', OLD, newGets(25));
    const fresh = await bench.named('new', NEW, newGets(25));
    const saved = JSON.parse(JSON.stringify(bench.router.snapshot())) as ReturnType<
      typeof bench.router.snapshot
    >;
    expect(saved).toMatchObject({
      version: 1,
      services: [
        {
          service: 'api',
          route: { service: 'api', port: bench.port, stickyCookie: 'stay', idleTimeoutMs: 1_234 },
          backends: [
            { target: 'old', release: OLD, address: old.address },
            { target: 'new', release: NEW, address: fresh.address },
          ],
          split: { release: NEW, percent: 25 },
        },
      ],
    });
    await bench.router.close({ graceMs: 0 });
    const restored = await EmbeddedRouter.restore(saved);
    try {
      const answers: string[] = [];
      for (let i = 0; i < 100; i++) answers.push((await bench.ask()).body);
      expect(answers.filter((answer) => answer === 'new')).toHaveLength(25);
      expect(restored.snapshot()).toEqual(saved);
    } finally {
      await restored.close({ graceMs: 0 });
    }
  });

  test('without what was being drained; with what was never configured', async () => {
    await using bench = await Bench.open();
    await bench.http('busy', () => {});
    const asked = bench.ask();
    asked.catch(() => {});
    while ((await bench.router.inspect('api', context)).backends[0]!.inFlight === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    void bench.router.drain('api', 'busy', OLD, context);
    await bench.router.shift('later', newGets(10), context);
    const { services } = bench.router.snapshot();
    expect(services.map(({ service, backends }) => [service, backends])).toEqual([
      ['api', []],
      ['later', []],
    ]);
    expect(services[1]).toMatchObject({ route: null, split: newGets(10) });
  });

  test('is refused when a port is taken, and leaves nothing open', async () => {
    await using bench = await Bench.open();
    const saved = bench.router.snapshot();
    await expect(EmbeddedRouter.restore(saved)).rejects.toMatchObject({ code: 'OPERATION' });
  });

  test('is refused when it is not a snapshot', async () => {
    for (const not of [{}, { version: 2, services: [] }, null]) {
      await expect(EmbeddedRouter.restore(not as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });
});

describe('onChange', () => {
  test('calls back after every change, until it is taken back', async () => {
    await using bench = await Bench.open();
    let changes = 0;
    const off = bench.router.onChange(() => {
      changes += 1;
    });
    await bench.named('a');
    await bench.router.shift('api', newGets(10), context);
    await bench.router.configure({ service: 'api', hosts: ['a'] });
    await bench.router.drain('api', 'a', OLD, context);
    await bench.router.remove('api');
    expect(changes).toBe(5);
    off();
    await bench.router.shift('api', null, context);
    expect(changes).toBe(5);
  });
});

describe('what cannot be', () => {
  test('is refused before anything changes', async () => {
    await using bench = await Bench.open();
    const { router } = bench;
    const at = (port: number) => ({ target: 'a', release: OLD, address: { host: '127.0.0.1', port } });
    const invalid = { code: 'INVALID_INPUT' };
    for (const port of [0, 65_536, 1.5]) {
      await expect(router.admit('api', at(port), null, context)).rejects.toMatchObject(invalid);
    }
    for (const percent of [-1, 101, Number.NaN]) {
      await expect(router.shift('api', newGets(percent), context)).rejects.toMatchObject(invalid);
    }
    await expect(router.shift('a/b', null, context)).rejects.toMatchObject(invalid);
    await expect(router.configure({ service: 'api', maxQueue: -1 })).rejects.toMatchObject(invalid);
    expect(await router.inspect('api', context)).toEqual({ backends: [], split: null });
  });

  test('an operation that is given up beforehand does nothing', async () => {
    await using bench = await Bench.open();
    const given = { signal: AbortSignal.abort(new Error('no longer wanted')) };
    await expect(bench.router.shift('api', newGets(1), given)).rejects.toThrow('no longer wanted');
    expect((await bench.router.inspect('api', context)).split).toBeNull();
  });
});
