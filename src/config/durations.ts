import { z } from 'zod';
import { nameOf } from './words.ts';

/** A length of time: `'500ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`, or a number of milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** The longest duration: longer waits do not fit a timer, which counts to 2^31 milliseconds. */
const MAX_DURATION = '24d';

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PATTERN = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;

/** The milliseconds of a text such as `1.5s`, rounded to whole ones; `null` when it is not a duration. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = PATTERN.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : UNITS_MS[unit];
  return unitMs === undefined ? null : Math.round(Number(amount) * unitMs);
}

/** The schema of a duration, which yields milliseconds. Both bounds are included; `min` is `0` by default. */
export function duration(min: Duration = 0, max: Duration = MAX_DURATION) {
  const [minMs, maxMs] = [toMs(min) ?? 0, toMs(max) ?? 0];
  return z
    .custom<Duration>(() => true)
    .transform((value, context) => {
      const ms = toMs(value);
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
      let message = `${nameOf(value)} is not a duration; write it like 500ms, 10s, 5m or 1h`;
      if (ms !== null) message = ms < minMs ? `${value} is less than ${min}` : `${value} is more than ${max}`;
      context.addIssue({ code: 'custom', message, input: value });
      return z.NEVER;
    })
    .meta({ title: 'Duration' });
}

function toMs(value: unknown): number | null {
  if (typeof value === 'string') return parseDuration(value);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
