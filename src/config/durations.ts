import { z } from 'zod';
import { parseDuration } from './parse-duration.ts';
import { nameOf } from './words.ts';

/** A length of time: `'500ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`, or a number of milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** The longest duration: longer waits do not fit a timer, which counts to 2^31 milliseconds. */
const MAX_DURATION = '24d';

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
