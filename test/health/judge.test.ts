import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HEALTH_STATUSES } from '../../src/health/health-check.ts';
import { judge, judgeOne } from '../../src/health/judge.ts';
import { scriptedCheck } from './scripted-check.ts';
import { VirtualClock } from './virtual-clock.ts';

async function judged(
  answers: Parameters<typeof scriptedCheck>[1],
  options: Parameters<typeof scriptedCheck>[2] = {},
) {
  const clock = new VirtualClock();
  const start = clock.now();
  const check = scriptedCheck(clock, answers, options);
  const judging = judgeOne(check, {}, { clock });
  await clock.advance(100_000);
  const { status, message } = await judging;
  return { status, message, askedAt: check.askedAt.map((at) => at - start) };
}

describe('one check', () => {
  test('with fall 1 is asked once, whatever it says', async () => {
    for (const status of HEALTH_STATUSES) {
      expect(await judged([status, 'healthy'])).toEqual({ status, message: 'answer 1', askedAt: [0] });
    }
  });

  test('with fall 3 that fails is asked again after its interval, and is unhealthy the third time', async () => {
    expect(await judged(['unhealthy'], { fall: 3, intervalMs: 200 })).toEqual({
      status: 'unhealthy',
      message: 'answer 3',
      askedAt: [0, 200, 400],
    });
  });

  test('with fall 3 that recovers is what it said then', async () => {
    expect(await judged(['unhealthy', 'degraded', 'unhealthy'], { fall: 3 })).toEqual({
      status: 'degraded',
      message: 'answer 2',
      askedAt: [0, 1_000],
    });
  });

  test('with a mix of bad and unknown has no verdict', async () => {
    expect(await judged(['unhealthy', 'unknown', 'unhealthy'], { fall: 3 })).toEqual({
      status: 'unknown',
      message: 'no verdict in 3 runs, the last: answer 3',
      askedAt: [0, 1_000, 2_000],
    });
  });

  test('is not asked before an interval after a timeout', async () => {
    const { message, askedAt } = await judged(['hang'], { fall: 2, timeoutMs: 300, intervalMs: 100 });
    expect({ message, askedAt }).toEqual({ message: 'timed out after 300 ms', askedAt: [0, 400] });
  });

  test('is asked at most fall times, and unhealthy only when bad each time', async () => {
    const answers = fc.array(fc.constantFrom(...HEALTH_STATUSES), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(answers, fc.integer({ min: 1, max: 6 }), async (some, fall) => {
        const [first = 'unknown', ...others] = some;
        const { status, askedAt } = await judged([first, ...others], { fall });
        const heard = askedAt.map((_at, run) => some[Math.min(run, some.length - 1)]);
        expect(heard.length).toBeLessThanOrEqual(fall);
        expect(status === 'unhealthy').toBe(
          heard.length === fall && heard.every((answer) => answer === 'unhealthy'),
        );
        const good = heard.findIndex((answer) => answer === 'healthy' || answer === 'degraded');
        if (good !== -1)
          expect({ status, runs: heard.length }).toEqual({ status: heard[good], runs: good + 1 });
        else expect(heard.length).toBe(fall);
      }),
      { numRuns: 50 },
    );
  });
});

describe('several checks', () => {
  test('are asked in parallel, and reported in their order', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const slow = scriptedCheck(clock, ['unhealthy', 'unhealthy'], { name: 'slow', fall: 2 });
    const fast = scriptedCheck(clock, ['healthy'], { name: 'fast' });
    const judging = judge([slow, fast], { target: 'a' }, { clock });
    await clock.advance(1_000);
    const report = await judging;
    expect(report.status).toBe('unhealthy');
    expect(report.results.map(({ name, status }) => [name, status])).toEqual([
      ['slow', 'unhealthy'],
      ['fast', 'healthy'],
    ]);
    expect(fast.askedAt).toEqual([start]);
    expect(slow.subjects).toEqual([{ target: 'a' }, { target: 'a' }]);
  });

  test('none at all are unknown', async () => {
    expect(await judge([])).toEqual({ status: 'unknown', results: [] });
  });
});

describe('an abort', () => {
  test('between two runs leaves no verdict', async () => {
    const clock = new VirtualClock();
    const outside = new AbortController();
    const judging = judge(
      [scriptedCheck(clock, ['unhealthy'], { fall: 3 })],
      {},
      { clock, signal: outside.signal },
    );
    await clock.advance(1_500);
    outside.abort();
    const { status, results } = await judging;
    expect(status).toBe('unknown');
    expect(results[0]?.message).toBe('cancelled after 2 of 3 runs, the last: answer 2');
    expect(clock.pending).toBe(0);
  });

  test('keeps the verdicts that are there', async () => {
    const clock = new VirtualClock();
    const outside = new AbortController();
    const checks = [scriptedCheck(clock, ['healthy']), scriptedCheck(clock, ['hang'], { critical: false })];
    const judging = judge(checks, {}, { clock, signal: outside.signal });
    await clock.advance(10);
    outside.abort();
    const { status, results } = await judging;
    expect(status).toBe('healthy');
    expect(results.map((result) => result.status)).toEqual(['healthy', 'unknown']);
  });
});
