import { expect, test } from 'vitest';
import { steadyClock } from '../../src/engine/steady-clock.ts';
import { VirtualClock } from '../../src/testing/simulation/virtual-clock.ts';

test('goes on evenly, whatever is done to the time of day', async () => {
  const clock = new VirtualClock(1_000_000);
  const steady = steadyClock(clock, 5);
  expect(steady.now()).toBe(1_000_000);
  clock.jump(3_600_000);
  await clock.advance(10);
  clock.jump(-86_400_000);
  await clock.advance(10);
  expect(steady.now()).toBe(1_000_020);
});

test('begins where the journal ends, when the time of day was set back since', async () => {
  const clock = new VirtualClock(1_000_000);
  const steady = steadyClock(clock, 4_600_000);
  expect(steady.now()).toBe(4_600_000);
  await clock.advance(250);
  expect(steady.now()).toBe(4_600_250);
});
