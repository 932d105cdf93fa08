import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/testing/simulation/virtual-clock.ts';

describe('VirtualClock', () => {
  test('fires timers at their time, in their order', async () => {
    const clock = new VirtualClock(1_000);
    const fired: string[] = [];
    for (const [name, delayMs] of [
      ['c', 30],
      ['a', 10],
      ['b', 10],
      ['late', 31],
    ] as const) {
      clock.schedule(delayMs, () => fired.push(`${name} ${clock.now()}`));
    }
    await clock.advance(30);
    expect(fired).toEqual(['a 1010', 'b 1010', 'c 1030']);
    expect(clock.now()).toBe(1_030);
    await clock.advance(1);
    expect(fired.at(-1)).toBe('late 1031');
  });

  test('what a timer sets off has happened before the next one fires', async () => {
    const clock = new VirtualClock();
    const happened: number[] = [];
    const loop = async () => {
      for (let turn = 0; turn < 3; turn++) {
        await clock.sleep(10);
        await new Promise((resolve) => setImmediate(resolve));
        await Promise.resolve();
        happened.push(clock.now());
      }
    };
    void loop();
    clock.schedule(25, () => happened.push(clock.now()));
    await clock.advance(100);
    expect(happened).toEqual([10, 20, 25, 30]);
  });

  test('a timer that was taken back does not fire', async () => {
    const clock = new VirtualClock();
    const cancel = clock.schedule(10, () => expect.unreachable());
    clock.schedule(5, cancel);
    await clock.advance(1_000_000);
    expect(clock.now()).toBe(1_000_000);
  });

  test('a delay that is over is at once', async () => {
    const clock = new VirtualClock(50);
    let at = 0;
    clock.schedule(-10, () => {
      at = clock.now();
    });
    await clock.advance(0);
    expect(at).toBe(50);
  });

  test('runs until something holds, or nothing more can happen in time', async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.schedule(10, tick);
    };
    tick();
    expect(await clock.runUntil(() => ticks === 5, 1_000)).toBe(true);
    expect(clock.now()).toBe(40);
    expect(await clock.runUntil(() => false, 75)).toBe(false);
    expect([clock.now(), ticks]).toEqual([70, 8]);
  });
});
