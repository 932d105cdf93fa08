import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../src/config/check.ts';
import { type Duration, duration } from '../../src/config/durations.ts';
import { parseDuration } from '../../src/config/parse-duration.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));

describe('parseDuration', () => {
  test('a whole number and a unit', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), unit, (count, name) => {
        expect(parseDuration(`${count}${name}`)).toBe(count * UNITS[name]);
      }),
    );
  });

  test('a fraction is rounded to whole milliseconds', () => {
    expect(parseDuration('1.5s')).toBe(1_500);
    expect(parseDuration('0.25h')).toBe(900_000);
    expect(parseDuration('0.0005s')).toBeNull();
    expect(parseDuration('0.4ms')).toBe(0);
  });

  test('any other text is none', () => {
    for (const text of [
      '',
      '10',
      's',
      '-1s',
      '+1s',
      '1 s',
      '1S',
      '1e3s',
      '.5s',
      '1.s',
      '1m30s',
      '∞s',
      '١s',
      '1s\n',
    ]) {
      expect([text, parseDuration(text)]).toEqual([text, null]);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseDuration(text);
        expect(ms === null || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

describe('the schema of a duration', () => {
  const problem = (value: unknown, ...bounds: Duration[]) =>
    check(duration(...bounds), value).problems[0]?.message;

  test('yields milliseconds', () => {
    expect(check(duration(), '2m').value).toBe(120_000);
    expect(check(duration(), 250).value).toBe(250);
    expect(check(duration(), 0).value).toBe(0);
    expect(check(duration('1s', '1m'), '1s').value).toBe(1_000);
    expect(check(duration('1s', '1m'), '1m').value).toBe(60_000);
  });

  test('says what is wrong', () => {
    expect(problem('soon')).toBe('"soon" is not a duration; write it like 500ms, 10s, 5m or 1h');
    expect(problem(-1)).toBe('-1 is not a duration; write it like 500ms, 10s, 5m or 1h');
    expect(problem(1.5)).toBe('1.5 is not a duration; write it like 500ms, 10s, 5m or 1h');
    expect(problem(Number.NaN)).toBe('NaN is not a duration; write it like 500ms, 10s, 5m or 1h');
    expect(problem(['1s'])).toBe('a list is not a duration; write it like 500ms, 10s, 5m or 1h');
    expect(problem(null)).toBe('has no value');
    expect(problem('999ms', '1s')).toBe('999ms is less than 1s');
    expect(problem('61s', '1s', '1m')).toBe('61s is more than 1m');
    expect(problem('25d')).toBe('25d is more than 24d');
  });
});
