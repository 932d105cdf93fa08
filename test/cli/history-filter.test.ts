import { expect, test } from 'vitest';
import { countOf, historyFilter, timeOf } from '../../src/cli/history-filter.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const HOUR_MS = 3_600_000;

test('how long ago, a day, and a moment, in UTC', () => {
  expect(timeOf('7d', NOW, 'start')).toBe(NOW - 7 * 24 * HOUR_MS);
  expect(timeOf('90m', NOW, 'end')).toBe(NOW - 1.5 * HOUR_MS);
  expect(timeOf('2026-11-22', NOW, 'start')).toBe(Date.UTC(2026, 10, 22));
  expect(timeOf('2026-11-22', NOW, 'end')).toBe(Date.UTC(2026, 10, 23));
  for (const moment of [
    '2026-11-22 14:30',
    '2026-11-22T14:30',
    '2026-11-22T14:30:00Z',
    '2026-11-22 14:30 UTC',
  ]) {
    expect(timeOf(moment, NOW, 'end')).toBe(Date.UTC(2026, 10, 22, 14, 30));
  }
});

test.each(['', 'yesterday', '7', '7 d', '-7d', '2026-02-30', '2026-13-01', '2026-11-22 25:00', '22.11.2026'])(
  'refuses %j, and says how to write it',
  (text) => {
    expect(() => timeOf(text, NOW, 'start')).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: `${JSON.stringify(text)} is not a time`,
        remedy: expect.stringContaining('2026-11-23'),
      }),
    );
  },
);

test('everything together', () => {
  const options = {
    env: 'production',
    version: '1.0.0',
    by: 'ann',
    since: '1h',
    until: '2026-11-23',
    limit: '5',
  };
  expect(historyFilter({ ...options, outcome: 'rolled-back' }, 'api', NOW)).toEqual({
    service: 'api',
    environment: 'production',
    outcome: 'rolled-back',
    version: '1.0.0',
    by: 'ann',
    since: NOW - HOUR_MS,
    until: Date.UTC(2026, 10, 24),
    limit: 5,
  });
  expect(historyFilter({ outcome: 'running' }, undefined, NOW)).toEqual({ ended: false, limit: 20 });
  expect(historyFilter({}, undefined, NOW)).toEqual({ limit: 20 });
});

test('refuses an outcome that there is not, and what is no count', () => {
  expect(() => historyFilter({ outcome: 'good' }, undefined, NOW)).toThrow('"good" is not an outcome');
  for (const text of ['0', '-1', '1.5', 'x', '']) expect(() => countOf(text, 1)).toThrow('is not a count');
});
