import { describe, expect, test } from 'vitest';
import { type Waiter, WaitingLine } from '../../../src/routers/embedded/waiting-line.ts';
import { StoppedClock } from './stopped-clock.ts';

/** Waiters that write down what becomes of them; only as many can go as there is room for. */
function scene() {
  const clock = new StoppedClock();
  const line = new WaitingLine(clock);
  const log: string[] = [];
  const room = { left: 0 };
  const waiter = (name: string): Waiter => ({
    tryToGo() {
      if (room.left === 0) return false;
      room.left -= 1;
      log.push(`${name} goes`);
      return true;
    },
    giveUp: () => log.push(`${name} gives up`),
  });
  return { clock, line, log, room, waiter };
}

describe('WaitingLine', () => {
  test('lets go as many as there is room for, first come first served', async () => {
    const { line, log, room, waiter, clock } = scene();
    for (const name of ['a', 'b', 'c']) line.join(waiter(name), 100);
    room.left = 2;
    line.advance();
    await Promise.resolve();
    expect([log, line.length, clock.pending]).toEqual([['a goes', 'b goes'], 1, 1]);
  });

  test('tells each when its time is over, and nobody else', () => {
    const { line, log, waiter, clock } = scene();
    line.join(waiter('a'), 100);
    clock.advance(50);
    line.join(waiter('b'), 100);
    clock.advance(50);
    expect([log, line.length]).toEqual([['a gives up'], 1]);
  });

  test('who leaves is not called again', async () => {
    const { line, log, room, waiter, clock } = scene();
    const leaver = waiter('a');
    line.join(leaver, 100);
    line.leave(leaver);
    room.left = 1;
    line.advance();
    await Promise.resolve();
    clock.advance(1_000);
    expect([log, clock.pending]).toEqual([[], 0]);
  });

  test('dissolved, it sends everybody away', () => {
    const { line, log, waiter, clock } = scene();
    for (const name of ['a', 'b']) line.join(waiter(name), 100);
    line.dissolve();
    expect([log, line.length, clock.pending]).toEqual([['a gives up', 'b gives up'], 0, 0]);
  });
});
