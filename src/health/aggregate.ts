import type { CheckResult, HealthCheck, HealthStatus } from './health-check.ts';

/** What one check said, and when. */
export interface CheckReport extends CheckResult {
  readonly name: string;
  readonly critical: boolean;
  /** How long the (last) run took. */
  readonly durationMs: number;
  /** When the answer came: milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** What all checks said, and what it comes to. */
export interface HealthReport {
  readonly status: HealthStatus;
  /** One a check, in the order of the checks. */
  readonly results: readonly CheckReport[];
}

/**
 * The one verdict of many:
 *
 * 1. A critical check that is unhealthy makes the whole `unhealthy`.
 * 2. Else a critical check that is unknown makes it `unknown`: somebody called that question critical and it has
 *    no answer, so calling the whole healthy would be a guess, and calling it unhealthy would be another.
 * 3. Else a check that is degraded, or one that is not critical and unhealthy, makes it `degraded`.
 * 4. Else it is `healthy`, if any check says so; with no verdict from any check it is `unknown`.
 *
 * The order of the results does not matter. A check that is not critical and is unknown changes nothing beside
 * others: it could at most have degraded the whole, and its own line shows that it has no answer.
 */
export function aggregate(results: readonly Pick<CheckReport, 'critical' | 'status'>[]): HealthStatus {
  const some = (status: HealthStatus, critical: boolean) =>
    results.some((result) => result.status === status && result.critical === critical);

  if (some('unhealthy', true)) return 'unhealthy';
  if (some('unknown', true)) return 'unknown';
  if (some('degraded', true) || some('degraded', false) || some('unhealthy', false)) return 'degraded';
  return some('healthy', true) || some('healthy', false) ? 'healthy' : 'unknown';
}

/** The first result that made the whole what it is; `undefined` when there are none. */
export function decisive<Result extends Pick<CheckReport, 'critical' | 'status'>>(
  results: readonly Result[],
): Result | undefined {
  const status = aggregate(results);
  const alike = results.filter((result) => aggregate([result]) === status);
  return alike.find((result) => result.critical) ?? alike[0];
}

/** The report of these results. */
export function reportOf(results: readonly CheckReport[]): HealthReport {
  return { status: aggregate(results), results };
}

/** Whether the answer counts as good: it is up, perhaps not at its best. */
export function isGood(status: HealthStatus): boolean {
  return status === 'healthy' || status === 'degraded';
}

/** A check that has given no answer, and why. */
export function unanswered(check: HealthCheck, message: string, at: number): CheckReport {
  const { name, critical } = check;
  return { name, critical, status: 'unknown', message, durationMs: 0, checkedAt: at };
}
