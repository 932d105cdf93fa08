import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { OperationError } from '../../src/errors.ts';
import type { CheckReport } from '../../src/health/aggregate.ts';
import type { HealthCheck } from '../../src/health/health-check.ts';
import { type WaitOptions, waitUntilHealthy } from '../../src/health/wait-until-healthy.ts';
import { scriptedCheck } from './scripted-check.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A wait under way, with what came of it so far. */
function wait(clock: VirtualClock, checks: readonly HealthCheck[], options: Partial<WaitOptions> = {}) {
  const stop = new AbortController();
  const start = clock.now();
  const answers: CheckReport[] = [];
  const wait = {
    stop,
    answers,
    healthyAfterMs: null as number | null,
    report: waitUntilHealthy(
      checks,
      { target: 'web-1' },
      {
        signal: stop.signal,
        clock,
        onResult: (report) => answers.push(report),
        ...options,
      },
    ),
  };
  wait.report.then(
    () => {
      wait.healthyAfterMs = clock.now() - start;
    },
    () => {},
  );
  return wait;
}

async function failureOf(report: Promise<unknown>): Promise<OperationError> {
  const error = await report.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperationError);
  return error as OperationError;
}

describe('a wait ends', () => {
  test('with the first good answer when rise is 1', async () => {
    const clock = new VirtualClock();
    const check = scriptedCheck(clock, ['unhealthy', 'unhealthy', 'healthy'], { intervalMs: 250 });
    const waiting = wait(clock, [check]);
    await clock.advance(10_000);
    expect(waiting.healthyAfterMs).toBe(150);
    expect(await waiting.report).toEqual({ status: 'healthy', results: [waiting.answers[2]] });
    expect(waiting.answers.map((answer) => answer.status)).toEqual(['unhealthy', 'unhealthy', 'healthy']);
    expect(check.subjects[0]).toEqual({ target: 'web-1' });
    expect(clock.pending).toBe(0);
  });

  test('soon after the instance is up: until its first good answer a check is asked sooner', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const bad = Array.from({ length: 6 }, () => 'unhealthy' as const);
    const answers = ['unhealthy', ...bad, 'healthy', 'unhealthy', 'healthy'] as const;
    const check = scriptedCheck(clock, answers, { rise: 2 });
    wait(clock, [check]);
    await clock.advance(6_000);
    expect(check.askedAt.map((at) => at - start)).toEqual([
      0, 50, 150, 350, 750, 1_550, 2_550, 3_550, 4_550, 5_550,
    ]);
  });

  test('after rise good answers in a row; a bad or an unknown one breaks the row, a degraded one does not', async () => {
    const clock = new VirtualClock();
    const check = scriptedCheck(
      clock,
      ['healthy', 'healthy', 'unhealthy', 'healthy', 'healthy', 'unknown', 'healthy', 'degraded', 'healthy'],
      { rise: 3 },
    );
    const waiting = wait(clock, [check]);
    await clock.advance(60_000);
    expect(waiting.healthyAfterMs).toBe(8_000);
    expect(check.askedAt.length).toBe(9);
  });

  test('when all critical checks are good at once, each asked on its own interval', async () => {
    const clock = new VirtualClock();
    const flapping = scriptedCheck(clock, ['healthy', 'unhealthy', 'healthy'], { name: 'flapping' });
    const bad = Array.from({ length: 4 }, () => 'unhealthy' as const);
    const late = scriptedCheck(clock, ['unhealthy', ...bad, 'healthy'], { name: 'late', intervalMs: 400 });
    const waiting = wait(clock, [flapping, late]);
    await clock.advance(60_000);
    // At 1150 the late one is good, while the other is bad since 1000 and good again at 2000.
    expect(waiting.healthyAfterMs).toBe(2_000);
    expect((await waiting.report).results.map(({ name, status }) => [name, status])).toEqual([
      ['flapping', 'healthy'],
      ['late', 'healthy'],
    ]);
  });

  test('without waiting for checks that are not critical, though they are asked', async () => {
    const clock = new VirtualClock();
    const http = scriptedCheck(clock, ['unhealthy', 'healthy'], { name: 'http' });
    const disk = scriptedCheck(clock, ['unhealthy'], { name: 'disk', critical: false });
    const slow = scriptedCheck(clock, ['hang'], { name: 'slow', critical: false });
    const later = scriptedCheck(clock, ['healthy'], { name: 'later', critical: false, startDelayMs: 9_000 });
    const waiting = wait(clock, [http, disk, slow, later]);
    await clock.advance(60_000);
    expect(waiting.healthyAfterMs).toBe(50);
    const { status, results } = await waiting.report;
    expect(status).toBe('degraded');
    expect(results.map(({ status, message }) => [status, message])).toEqual([
      ['healthy', 'answer 2'],
      ['unhealthy', 'answer 1'],
      ['unknown', 'no answer for 50 ms'],
      ['unknown', 'not asked yet'],
    ]);
    expect(clock.pending).toBe(0);
  });

  test('at once when no check is critical', async () => {
    const clock = new VirtualClock();
    const check = scriptedCheck(clock, ['unhealthy'], { critical: false });
    expect((await wait(clock, [check]).report).status).toBe('unknown');
    expect(await wait(clock, []).report).toEqual({ status: 'unknown', results: [] });
  });
});

describe('a start delay', () => {
  test('counts from the start of the instance', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const check = scriptedCheck(clock, ['healthy'], { startDelayMs: 3_000 });
    const waiting = wait(clock, [check], { startedAt: start - 1_000 });
    await clock.advance(10_000);
    expect(check.askedAt).toEqual([start + 2_000]);
    expect(waiting.healthyAfterMs).toBe(2_000);
  });

  test('counts from now when the start is not known, and is over for an old instance', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const fresh = scriptedCheck(clock, ['healthy'], { startDelayMs: 3_000 });
    const old = scriptedCheck(clock, ['healthy'], { startDelayMs: 3_000 });
    wait(clock, [fresh]);
    wait(clock, [old], { startedAt: start - 3_600_000 });
    await clock.advance(10_000);
    expect([fresh.askedAt, old.askedAt]).toEqual([[start + 3_000], [start]]);
  });

  test('is not prolonged by a start that lies in the future, by a clock that runs ahead', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const check = scriptedCheck(clock, ['healthy'], { startDelayMs: 3_000 });
    wait(clock, [check], { startedAt: start + 3_600_000 });
    await clock.advance(10_000);
    expect(check.askedAt).toEqual([start + 3_000]);
  });
});

describe('an abort', () => {
  test('rejects with the last answers of the checks that still fail', async () => {
    const clock = new VirtualClock();
    const waiting = wait(clock, [
      scriptedCheck(clock, ['healthy'], { name: 'good' }),
      scriptedCheck(clock, ['unhealthy'], { name: 'bad' }),
      scriptedCheck(clock, ['hang'], { name: 'hanging', timeoutMs: 60_000 }),
      scriptedCheck(clock, ['healthy'], { name: 'rising', rise: 99 }),
      scriptedCheck(clock, ['healthy'], { name: 'delayed', startDelayMs: 60_000 }),
      scriptedCheck(clock, ['unhealthy'], { name: 'optional', critical: false }),
    ]);
    await clock.advance(2_500);
    const reason = new Error('out of time');
    waiting.stop.abort(reason);
    const error = await failureOf(waiting.report);
    const probe =
      'bad: answer 6; hanging: no answer for 2500 ms; rising: answer 3 (good 3 of 99 times); delayed: not asked yet';
    expect(error.evidence).toEqual({ probe });
    expect(error.message).toBe(`not healthy after 2500 ms: ${probe}`);
    expect(error.cause).toBe(reason);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(waiting.stop.signal, 'abort')).toEqual([]);
  });

  test('keeps the last answer of a check that is being asked again', async () => {
    const clock = new VirtualClock();
    const waiting = wait(clock, [scriptedCheck(clock, ['unhealthy', 'hang'], { name: 'http' })]);
    await clock.advance(1_500);
    waiting.stop.abort();
    expect((await failureOf(waiting.report)).evidence.probe).toBe('http: answer 1');
  });

  test('before the wait means that nothing is asked', async () => {
    const clock = new VirtualClock();
    const check = scriptedCheck(clock, ['healthy'], { name: 'http' });
    const waiting = wait(clock, [check], { signal: AbortSignal.abort() });
    expect((await failureOf(waiting.report)).evidence.probe).toBe('http: not asked yet');
    expect(check.askedAt).toEqual([]);
  });
});

test('what onResult throws ends the wait, and everything that was under way', async () => {
  const clock = new VirtualClock();
  const broken = new Error('broken view');
  const checks = [scriptedCheck(clock, ['healthy']), scriptedCheck(clock, ['hang'])];
  const waiting = wait(clock, checks, {
    onResult: () => {
      throw broken;
    },
  });
  await expect(waiting.report).rejects.toBe(broken);
  await clock.advance(0);
  expect(clock.pending).toBe(0);
});

test('a thousand instances wait at once, over one signal', async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const start = clock.now();
  const reports = Promise.all(
    Array.from({ length: 1_000 }, (_nothing, index) => {
      const answers = index % 2 === 0 ? (['healthy'] as const) : (['unhealthy', 'healthy'] as const);
      return waitUntilHealthy([scriptedCheck(clock, answers)], {}, { signal, clock });
    }),
  );
  await clock.advance(1_000);
  expect((await reports).every((report) => report.status === 'healthy')).toBe(true);
  expect(clock.now()).toBe(start + 1_000);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
