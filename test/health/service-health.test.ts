import { describe, expect, test } from 'vitest';
import { customCheck } from '../../src/health/custom-check.ts';
import type { CheckSubject } from '../../src/health/health-check.ts';
import { limiter } from '../../src/health/limiter.ts';
import { serviceHealth } from '../../src/health/service-health.ts';
import { scriptedCheck } from './scripted-check.ts';
import { VirtualClock } from './virtual-clock.ts';

const never = new AbortController().signal;
const fleet: CheckSubject[] = ['web-1', 'web-2', 'web-3'].map((target) => ({ target }));
const allBut = (...bad: string[]) =>
  customCheck('ready', ({ target }) => target !== undefined && !bad.includes(target));

describe('judging all instances', () => {
  test('is healthy when every answer is good', async () => {
    expect(await serviceHealth([allBut()]).judgeAll(fleet, never)).toEqual({
      status: 'healthy',
      message: 'good answers to all 3 checks',
    });
  });

  test('names the first target of the worst answer, and how many are like it', async () => {
    expect(await serviceHealth([allBut('web-2')]).judgeAll(fleet, never)).toEqual({
      status: 'unhealthy',
      message: 'ready: did not pass',
      target: 'web-2',
    });
    expect(await serviceHealth([allBut('web-2', 'web-3')]).judgeAll(fleet, never)).toEqual({
      status: 'unhealthy',
      message: 'ready: did not pass (and 1 more like it)',
      target: 'web-2',
    });
  });

  test('asks what concerns the service once, and names no target for it', async () => {
    const clock = new VirtualClock();
    const site = scriptedCheck(clock, ['unhealthy'], { name: 'site', scope: 'service' });
    expect(await serviceHealth([allBut(), site]).judgeAll(fleet, never)).toEqual({
      status: 'unhealthy',
      message: 'site: answer 1',
    });
    expect(site.subjects).toEqual([{}]);
  });

  test('without a verdict is unknown', async () => {
    const silent = customCheck('silent', () => undefined);
    expect(await serviceHealth([silent]).judgeAll(fleet.slice(0, 1), never)).toEqual({
      status: 'unknown',
      message: 'silent: returned nothing',
      target: 'web-1',
      unanswered: true,
    });
    // What is not critical is not waited for either.
    expect(await serviceHealth([{ ...silent, critical: false }]).judgeAll(fleet.slice(0, 1), never)).toEqual({
      status: 'unknown',
      message: 'silent: returned nothing',
      target: 'web-1',
    });
    expect(await serviceHealth([]).judgeAll(fleet, never)).toEqual({
      status: 'unknown',
      message: 'there is nothing to ask',
    });
  });

  test('asks no more instances at once than it may', async () => {
    let running = 0;
    let most = 0;
    const busy = customCheck('busy', async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return true;
    });
    const many = Array.from({ length: 50 }, (_nothing, index) => ({ target: `web-${index}` }));
    const { status } = await serviceHealth([busy], { concurrency: 8 }).judgeAll(many, never);
    expect({ status, most }).toEqual({ status: 'healthy', most: 8 });
  });
});

describe('one instance', () => {
  test('is judged, and waited for, without the checks of the service', async () => {
    const clock = new VirtualClock();
    const site = scriptedCheck(clock, ['unhealthy'], { name: 'site', scope: 'service' });
    const ready = scriptedCheck(clock, ['unhealthy', 'healthy'], { name: 'ready' });
    const health = serviceHealth([site, ready], { clock });
    expect(await health.judge({ target: 'web-1' }, never)).toEqual({
      status: 'unhealthy',
      message: 'ready: answer 1',
      target: 'web-1',
    });
    await health.waitUntilHealthy({ target: 'web-1' }, never);
    expect([site.askedAt.length, ready.askedAt.length]).toEqual([0, 2]);
  });

  test('that does not become healthy rejects with its last answers', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const health = serviceHealth([scriptedCheck(clock, ['unhealthy'], { name: 'ready' })], { clock });
    const waiting = health.waitUntilHealthy({ target: 'web-1' }, stop.signal);
    await clock.advance(1_500);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ evidence: { probe: 'ready: answer 5' } });
  });
});

test('a limiter keeps the order and passes failures on without losing a place', async () => {
  const inTurn = limiter(1);
  const order: number[] = [];
  const runs = [1, 2, 3].map((number) =>
    inTurn(async () => {
      order.push(number);
      await Promise.resolve();
      if (number === 2) throw new Error('two');
      return number;
    }),
  );
  expect(await Promise.allSettled(runs)).toMatchObject([
    { value: 1 },
    { reason: { message: 'two' } },
    { value: 3 },
  ]);
  expect(order).toEqual([1, 2, 3]);
  expect(await inTurn(() => Promise.resolve('again'))).toBe('again');
});
