/** How much of something must be free: shared by the checks of disk and of memory. Pure. */
import { requireOption } from './check-options.ts';
import type { CheckResult } from './health-check.ts';

/** At least one of the four. */
export interface FreeLimits {
  /** Less free than this is unhealthy: bytes. */
  readonly minFreeBytes?: number;
  /** Less free than this is unhealthy: percent of the whole, 0 to 100. */
  readonly minFreePercent?: number;
  /** Less free than this is degraded: bytes, more than `minFreeBytes`. */
  readonly degradedBelowBytes?: number;
  /** Less free than this is degraded: percent of the whole, 0 to 100, more than `minFreePercent`. */
  readonly degradedBelowPercent?: number;
}

/** Throws `InvalidInputError` naming the limit that makes no sense. */
export function requireLimits(check: string, limits: FreeLimits): void {
  const { minFreeBytes, minFreePercent, degradedBelowBytes, degradedBelowPercent } = limits;
  const bytes = { minFreeBytes, degradedBelowBytes };
  const percents = { minFreePercent, degradedBelowPercent };
  const given = [...Object.values(bytes), ...Object.values(percents)].filter((limit) => limit !== undefined);
  requireOption(check, 'minFreePercent', undefined, given.length > 0, 'a percentage, or give minFreeBytes');
  for (const [option, limit = 0] of Object.entries(bytes)) {
    requireOption(check, option, limit, Number.isSafeInteger(limit) && limit >= 0, 'a whole number of bytes');
  }
  for (const [option, limit = 0] of Object.entries(percents)) {
    requireOption(check, option, limit, limit >= 0 && limit <= 100, 'a percentage from 0 to 100');
  }
  requireAbove(check, 'degradedBelowBytes', degradedBelowBytes, minFreeBytes);
  requireAbove(check, 'degradedBelowPercent', degradedBelowPercent, minFreePercent);
}

function requireAbove(check: string, option: string, upper: number | undefined, lower: number | undefined) {
  const fits = upper === undefined || lower === undefined || upper > lower;
  requireOption(check, option, upper, fits, `more than ${lower}, below which it is unhealthy`);
}

/** Judges `freeBytes` of `totalBytes`. Of nothing at all, nothing can be said. */
export function judgeFree(freeBytes: number, totalBytes: number, limits: FreeLimits): CheckResult {
  if (totalBytes <= 0) return { status: 'unknown', message: 'its size is 0' };
  const percent = (freeBytes / totalBytes) * 100;
  const message = `${inUnits(freeBytes)} free (${oneDecimal(percent)} %)`;
  const needed = missed(freeBytes, percent, limits.minFreeBytes, limits.minFreePercent);
  if (needed !== null) return { status: 'unhealthy', message: `${message}, less than ${needed}` };
  const wanted = missed(freeBytes, percent, limits.degradedBelowBytes, limits.degradedBelowPercent);
  if (wanted !== null) return { status: 'degraded', message: `${message}, less than ${wanted}` };
  return { status: 'healthy', message };
}

/** The first of the two limits that is not met, in words; `null` when both are. */
function missed(freeBytes: number, freePercent: number, leastBytes = 0, leastPercent = 0): string | null {
  if (freeBytes < leastBytes) return inUnits(leastBytes);
  if (freePercent < leastPercent) return `${leastPercent} %`;
  return null;
}

function inUnits(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB'];
  let amount = bytes / 1024;
  while (amount >= 1024 && units.length > 1) {
    amount /= 1024;
    units.shift();
  }
  return `${oneDecimal(amount)} ${units[0]}`;
}

/** Rounded down, so that what is below a limit never looks as if it reached it. */
function oneDecimal(value: number): string {
  return (Math.floor(value * 10) / 10).toFixed(1);
}
