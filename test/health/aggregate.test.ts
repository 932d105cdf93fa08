import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregate, decisive, isGood, reportOf, unanswered } from '../../src/health/aggregate.ts';
import { HEALTH_STATUSES, type HealthStatus } from '../../src/health/health-check.ts';
import { realTime } from '../../src/health/health-clock.ts';
import { scriptedCheck } from './scripted-check.ts';

const critical = (status: HealthStatus) => ({ critical: true, status });
const optional = (status: HealthStatus) => ({ critical: false, status });

describe('aggregate, case by case', () => {
  test.each([
    ['no checks', [], 'unknown'],
    ['all unknown', [critical('unknown'), optional('unknown')], 'unknown'],
    ['all healthy', [critical('healthy'), optional('healthy')], 'healthy'],
    ['a critical one unhealthy', [critical('healthy'), critical('unhealthy')], 'unhealthy'],
    ['a critical one unhealthy beside an unknown', [critical('unknown'), critical('unhealthy')], 'unhealthy'],
    ['one that is not critical unhealthy', [critical('healthy'), optional('unhealthy')], 'degraded'],
    ['only ones that are not critical, all unhealthy', [optional('unhealthy')], 'degraded'],
    ['a critical one degraded', [critical('degraded'), critical('healthy')], 'degraded'],
    ['one that is not critical degraded', [critical('healthy'), optional('degraded')], 'degraded'],
    ['a critical one unknown beside healthy ones', [critical('unknown'), critical('healthy')], 'unknown'],
    ['a critical one unknown beside a degraded one', [critical('unknown'), optional('unhealthy')], 'unknown'],
    [
      'one that is not critical unknown beside a healthy one',
      [critical('healthy'), optional('unknown')],
      'healthy',
    ],
    ['only ones that are not critical, one healthy', [optional('unknown'), optional('healthy')], 'healthy'],
  ] as const)('%s', (_case, results, expected) => {
    expect(aggregate(results)).toBe(expected);
  });
});

const result = fc.record({ critical: fc.boolean(), status: fc.constantFrom(...HEALTH_STATUSES) });
const results = fc.array(result, { maxLength: 8 });

/** From best to worst, for the whole and for a critical check. */
const BADNESS: readonly HealthStatus[] = ['healthy', 'degraded', 'unknown', 'unhealthy'];
const badness = (status: HealthStatus) => BADNESS.indexOf(status);

describe('aggregate, always', () => {
  test('the order does not matter', () => {
    fc.assert(
      fc.property(
        results.chain((some) =>
          fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
        ),
        ([some, shuffled]) => {
          expect(aggregate(shuffled)).toBe(aggregate(some));
        },
      ),
    );
  });

  test('saying a thing twice changes nothing', () => {
    fc.assert(
      fc.property(results, (some) => {
        expect(aggregate([...some, ...some])).toBe(aggregate(some));
      }),
    );
  });

  test('a critical check that gets worse never makes the whole better', () => {
    const worsening = fc
      .tuple(fc.constantFrom(...BADNESS), fc.constantFrom(...BADNESS))
      .filter(([before, after]) => badness(before) <= badness(after));
    fc.assert(
      fc.property(results, worsening, (others, [before, after]) => {
        const whole = aggregate([...others, critical(before)]);
        expect(badness(aggregate([...others, critical(after)]))).toBeGreaterThanOrEqual(badness(whole));
      }),
    );
  });

  test('a check that is not critical and gets worse never makes the whole better', () => {
    const verdicts = ['healthy', 'degraded', 'unhealthy'] as const;
    const worsening = fc
      .tuple(fc.constantFrom(...verdicts), fc.constantFrom(...verdicts))
      .filter(([before, after]) => badness(before) <= badness(after));
    fc.assert(
      fc.property(results, worsening, (others, [before, after]) => {
        const whole = aggregate([...others, optional(before)]);
        expect(badness(aggregate([...others, optional(after)]))).toBeGreaterThanOrEqual(badness(whole));
      }),
    );
  });

  test('a check that is not critical never makes the whole unhealthy', () => {
    fc.assert(
      fc.property(results, (some) => {
        if (!some.some((one) => one.critical)) expect(aggregate(some)).not.toBe('unhealthy');
      }),
    );
  });

  test('healthy means that every critical check is healthy and somebody said so', () => {
    fc.assert(
      fc.property(results, (some) => {
        if (aggregate(some) !== 'healthy') return;
        expect(some.filter((one) => one.critical).every((one) => one.status === 'healthy')).toBe(true);
        expect(some.some((one) => one.status === 'healthy')).toBe(true);
      }),
    );
  });

  test('the decisive result alone makes the same whole', () => {
    fc.assert(
      fc.property(results, (some) => {
        const one = decisive(some);
        if (some.length === 0) expect(one).toBeUndefined();
        else expect(aggregate([one!])).toBe(aggregate(some));
      }),
    );
  });
});

test('of equally bad results a critical one is decisive', () => {
  const some = [optional('unknown'), critical('unknown')];
  expect(decisive(some)).toBe(some[1]);
});

test('a report carries its results in their order', () => {
  const check = scriptedCheck(realTime, ['healthy'], { name: 'http', critical: false });
  const one = unanswered(check, 'not asked yet', 42);
  expect(reportOf([one])).toEqual({
    status: 'unknown',
    results: [
      {
        name: 'http',
        critical: false,
        status: 'unknown',
        message: 'not asked yet',
        durationMs: 0,
        checkedAt: 42,
      },
    ],
  });
});

test('degraded is good: it serves', () => {
  expect(HEALTH_STATUSES.filter(isGood)).toEqual(['healthy', 'degraded']);
});
