import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatDateTime,
  formatDeadline,
  formatDuration,
  formatLeft,
  formatRunning,
  formatSpan,
  formatTime,
} from '../../src/words/durations-text.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('formatDuration', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [950, '950 ms'],
    [999.6, '1.0 s'],
    [12_300, '12.3 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min'],
    [4 * MINUTE + 5 * SECOND, '4 min 5 s'],
    [HOUR - 400, '1 h'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
    [DAY - 1, '1 day'],
    [3 * DAY + 4 * HOUR, '3 days 4 h'],
  ])('%d is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('never says 60 of a smaller unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 * DAY }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b60(?:\.0)? (?:s|min)\b|\b24 h\b|\b1000 ms\b/);
      }),
    );
  });
});

it('formatSpan says nothing about tenths that are none', () => {
  expect(formatSpan(30_000)).toBe('30 s');
  expect(formatSpan(1_500)).toBe('1.5 s');
  expect(formatSpan(DAY)).toBe('1 day');
});

it('formatRunning counts whole seconds that have passed', () => {
  expect(formatRunning(-1)).toBe('0 s');
  expect(formatRunning(999)).toBe('0 s');
  expect(formatRunning(42_900)).toBe('42 s');
  expect(formatRunning(64_000)).toBe('1 min 4 s');
});

it('formatLeft counts whole seconds until it is over', () => {
  expect(formatLeft(1)).toBe('1 s');
  expect(formatLeft(1_001)).toBe('2 s');
  expect(formatLeft(0)).toBe('0 s');
});

it.each([
  [-1, 'just now'],
  [4_999, 'just now'],
  [12_000, '12 s ago'],
  [4 * MINUTE, '4 min ago'],
  [2 * HOUR, '2 h ago'],
  [DAY, '1 day ago'],
  [45 * DAY, '45 days ago'],
])('formatAgo %d is %s', (ms, text) => {
  expect(formatAgo(ms)).toBe(text);
});

it('tells moments in UTC', () => {
  const at = Date.UTC(2026, 10, 23, 12, 0, 3, 400);
  expect(formatTime(at)).toBe('12:00:03');
  expect(formatDateTime(at)).toBe('2026-11-23 12:00:03 UTC');
  expect(formatDeadline(at, at - 12 * HOUR)).toBe('12:00 UTC');
  expect(formatDeadline(at, at - 13 * HOUR)).toBe('2026-11-23 12:00 UTC');
});
