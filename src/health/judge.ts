import { type CheckReport, type HealthReport, isGood, reportOf } from './aggregate.ts';
import type { CheckSubject, HealthCheck } from './health-check.ts';
import { pause, realTime } from './health-clock.ts';
import { type RunOptions, runCheck } from './run-check.ts';

/**
 * One verdict now: asks all checks in parallel, each as often as its `fall` demands, so that one lost packet is
 * not a verdict. A check is asked again, after its interval, until it is good once or has been asked `fall`
 * times. Bad each time is unhealthy; any mix of bad and unknown is unknown. `rise` and `startDelayMs` play
 * no part.
 *
 * Never rejects: when `signal` is aborted, the checks that have no verdict yet are unknown.
 */
export async function judge(
  checks: readonly HealthCheck[],
  subject: CheckSubject = {},
  options: RunOptions = {},
): Promise<HealthReport> {
  return reportOf(await Promise.all(checks.map((check) => judgeOne(check, subject, options))));
}

/** The verdict of a single check; see `judge`. */
export async function judgeOne(
  check: HealthCheck,
  subject: CheckSubject = {},
  options: RunOptions = {},
): Promise<CheckReport> {
  const clock = options.clock ?? realTime;
  const signal = options.signal ?? new AbortController().signal;
  let bad = 0;
  for (let asked = 1; ; asked++) {
    const report = await runCheck(check, subject, { signal, clock });
    if (report.status === 'unhealthy') bad++;
    if (isGood(report.status) || check.fall === 1 || bad === check.fall) return report;
    if (asked === check.fall) return noVerdict(report, `no verdict in ${asked} runs, the last: `);
    await pause(clock, check.intervalMs, signal);
    if (signal.aborted)
      return noVerdict(report, `cancelled after ${asked} of ${check.fall} runs, the last: `);
  }
}

function noVerdict(last: CheckReport, why: string): CheckReport {
  return { ...last, status: 'unknown', message: why + last.message };
}
