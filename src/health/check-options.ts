import { InvalidInputError } from '../errors.ts';
import type { HealthCheck } from './health-check.ts';

/** What every check takes: its name, its weight and its schedule. */
export interface CheckOptions {
  /** Unique among the checks of a service. Default: what is asked, such as `http /health`. */
  readonly name?: string;
  /** Whether its failure makes the whole unhealthy (true, the default) or only degraded. */
  readonly critical?: boolean;
  /** The longest that one run may take, in milliseconds; then it is unhealthy. Default 5000, at most an hour. */
  readonly timeoutMs?: number;
  /** Milliseconds from the end of one run to the start of the next. Default 1000, at most a day. */
  readonly intervalMs?: number;
  /** Good runs in a row that make healthy. Default 1, at most 1000. */
  readonly rise?: number;
  /** Bad runs in a row that make unhealthy. Default 1, at most 1000. */
  readonly fall?: number;
  /** Milliseconds that an instance is left alone after its start. Default 0, at most a day. */
  readonly startDelayMs?: number;
  /**
   * `instance`: asked of each instance. `service`: asked once, about the service as a whole or this machine.
   * Default: `service` where the question does not depend on the instance's address (a full URL, host and
   * port, disk, memory), else `instance`.
   */
  readonly scope?: 'instance' | 'service';
}

/** A check without its question. */
type CheckSchedule = Omit<HealthCheck, 'run'>;

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_RUNS = 1_000;
const NAME = /^[^\p{Cc}\s](?:[^\p{Cc}]{0,98}[^\p{Cc}\s])?$/u;

/** Fills in the defaults. Throws `InvalidInputError` naming the option that cannot be. */
export function scheduleOf(
  options: CheckOptions,
  defaults: { readonly name: string; readonly scope: 'instance' | 'service' },
): CheckSchedule {
  const { name = defaults.name.slice(0, 100).trim(), critical = true, scope = defaults.scope } = options;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new InvalidInputError(`name of a health check cannot be ${JSON.stringify(name)}`, {
      remedy: 'Use 1 to 100 printable characters, with no space first or last.',
    });
  }
  requireOption(name, 'critical', critical, typeof critical === 'boolean', 'true or false');
  requireOption(name, 'scope', scope, scope === 'instance' || scope === 'service', 'instance or service');
  return {
    name,
    critical,
    timeoutMs: wholeNumber(name, 'timeoutMs', options.timeoutMs ?? 5_000, 1, HOUR_MS),
    intervalMs: wholeNumber(name, 'intervalMs', options.intervalMs ?? 1_000, 1, DAY_MS),
    rise: wholeNumber(name, 'rise', options.rise ?? 1, 1, MAX_RUNS),
    fall: wholeNumber(name, 'fall', options.fall ?? 1, 1, MAX_RUNS),
    startDelayMs: wholeNumber(name, 'startDelayMs', options.startDelayMs ?? 0, 0, DAY_MS),
    scope,
  };
}

/** Returns the option's value, or throws `InvalidInputError` unless it is whole and within the bounds. */
export function wholeNumber(
  check: string,
  option: string,
  value: number,
  least: number,
  most: number,
): number {
  const fits = Number.isInteger(value) && value >= least && value <= most;
  requireOption(check, option, value, fits, `a whole number from ${least} to ${most}`);
  return value;
}

/** Throws `InvalidInputError` naming the option unless it `fits`. */
export function requireOption(
  check: string,
  option: string,
  value: unknown,
  fits: boolean,
  wanted: string,
): void {
  if (fits) return;
  const given = typeof value === 'number' ? String(value) : JSON.stringify(value);
  throw new InvalidInputError(`${option} of health check ${JSON.stringify(check)} cannot be ${given}`, {
    remedy: `Make it ${wanted}.`,
  });
}
