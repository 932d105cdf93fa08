/** What `sluice history` is asked for, from the options of the command line. */
import { parseDuration } from '../config/parse-duration.ts';
import { type DeploymentOutcome, OUTCOMES } from '../domain/event.ts';
import { InvalidInputError } from '../errors.ts';
import type { ListFilter } from '../journal/journal.ts';
import type { CommandOptions } from './context.ts';

const DEFAULT_LIMIT = 20;
const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(?: ?(?:Z|UTC))?$/;

/**
 * @param now milliseconds since the epoch
 * @throws InvalidInputError for what cannot be asked for
 */
export function historyFilter(options: CommandOptions, service: string | undefined, now: number): ListFilter {
  const { env, version, by, since, until, outcome, limit } = options;
  return {
    ...(service === undefined ? {} : { service }),
    ...(env === undefined ? {} : { environment: env }),
    ...(outcome === undefined ? {} : outcomeOf(outcome)),
    ...(version === undefined ? {} : { version }),
    ...(by === undefined ? {} : { by }),
    ...(since === undefined ? {} : { since: timeOf(since, now, 'start') }),
    ...(until === undefined ? {} : { until: timeOf(until, now, 'end') }),
    limit: countOf(limit, DEFAULT_LIMIT),
  };
}

/** Whether anything but the service and how many is asked for. */
export function isNarrowed({ outcome, ended, version, by, since, until }: ListFilter): boolean {
  return [outcome, ended, version, by, since, until].some((given) => given !== undefined);
}

/** A count given on the command line. Throws `InvalidInputError` unless it is a whole number of 1 or more. */
export function countOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidInputError(`${JSON.stringify(text)} is not a count`, {
    remedy: 'Give a whole number from 1.',
  });
}

/**
 * A time given on the command line, in UTC as every time that is printed: how long ago, a day, or a moment.
 * @param side of a day, what is meant: its beginning, or its end, which is the beginning of the next one
 */
export function timeOf(text: string, now: number, side: 'start' | 'end'): number {
  const agoMs = parseDuration(text);
  if (agoMs !== null) return now - agoMs;
  const [, date, time] = TIME.exec(text) ?? [];
  const isDay = DATE.test(text);
  const at = isDay ? Date.parse(`${text}T00:00Z`) : Date.parse(`${date}T${time}Z`);
  // Some days that no month has are taken for one of the next month.
  const isReal = !Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 10));
  if (isReal) return isDay && side === 'end' ? at + DAY_MS : at;
  throw new InvalidInputError(`${JSON.stringify(text)} is not a time`, {
    remedy: 'Say how long ago (7d, 12h, 30m), or when, in UTC: 2026-11-23 or "2026-11-23 14:30".',
  });
}

function outcomeOf(text: string): Pick<ListFilter, 'outcome' | 'ended'> {
  if (text === 'running') return { ended: false };
  const outcome = OUTCOMES.find((known) => known === text);
  if (outcome !== undefined) return { outcome: outcome satisfies DeploymentOutcome };
  throw new InvalidInputError(`${JSON.stringify(text)} is not an outcome`, {
    remedy: `Use one of ${[...OUTCOMES, 'running'].join(', ')}.`,
  });
}
