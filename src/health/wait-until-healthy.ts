import { OperationError } from '../errors.ts';
import { type CheckReport, type HealthReport, isGood, reportOf, unanswered } from './aggregate.ts';
import type { CheckSubject, HealthCheck } from './health-check.ts';
import { type HealthClock, onAbort, pause, realTime } from './health-clock.ts';
import { runCheck } from './run-check.ts';

export interface WaitOptions {
  /** Ends the wait: it does not give up by itself. */
  readonly signal: AbortSignal;
  /** Default: the real time. */
  readonly clock?: HealthClock;
  /** When the instance was started: start delays count from here. Milliseconds since the epoch; default now. */
  readonly startedAt?: number;
  /** Called with each answer. */
  readonly onResult?: (report: CheckReport) => void;
}

/** One check while it is waited for. */
interface Watch {
  readonly check: HealthCheck;
  /** Good answers in a row, up to now. */
  row: number;
  /** Answers before the first good one, up to now; `null` once there was one. */
  early: number | null;
  /** When the run that is under way began; `null` between two runs. */
  askedAt: number | null;
  last: CheckReport | null;
}

/** After the first bad answer; doubled with each that follows, up to the interval. */
const FIRST_PAUSE_MS = 50;

/**
 * Asks each check on its own interval, and sooner until its first good answer, after its start delay, until every critical check has given `rise` good
 * answers in a row and has not gone bad since; resolves with the last answers. A check that is not critical
 * is asked too but never waited for: without an answer by then, it is unknown in the report. Without a
 * critical check there is nothing to wait for, and it resolves at once.
 *
 * @throws OperationError when `signal` is aborted first; its `evidence.probe` holds the last answers of the
 * critical checks that still fail
 */
export async function waitUntilHealthy(
  checks: readonly HealthCheck[],
  subject: CheckSubject,
  options: WaitOptions,
): Promise<HealthReport> {
  const clock = options.clock ?? realTime;
  const beganAt = clock.now();
  // Another machine's clock may run ahead of ours.
  const startedAt = Math.min(options.startedAt ?? beganAt, beganAt);
  const watches = checks.map((check): Watch => ({ check, row: 0, early: 0, askedAt: null, last: null }));
  const ended = new AbortController();
  const stopListening = onAbort(options.signal, () => ended.abort());

  const watch = async (one: Watch) => {
    const delayMs = startedAt + one.check.startDelayMs - clock.now();
    if (delayMs > 0) await pause(clock, delayMs, ended.signal);
    while (!ended.signal.aborted) {
      one.askedAt = clock.now();
      const report = await runCheck(one.check, subject, { signal: ended.signal, clock });
      if (ended.signal.aborted) return;
      one.askedAt = null;
      one.last = report;
      one.row = isGood(report.status) ? one.row + 1 : 0;
      options.onResult?.(report);
      if (watches.every(isRisen)) ended.abort();
      await pause(clock, nextPauseMs(one), ended.signal);
    }
  };

  try {
    if (!watches.every(isRisen)) await Promise.all(watches.map(watch));
  } finally {
    stopListening();
    ended.abort();
  }
  if (!watches.every(isRisen)) throw notHealthy(watches, clock.now(), beganAt, options.signal);
  const now = clock.now();
  return reportOf(watches.map((one) => one.last ?? unanswered(one.check, standing(one, now), now)));
}

/** What is just starting is asked often, so that nobody waits for an interval when it has come up. */
function nextPauseMs(watch: Watch): number {
  const { check, row } = watch;
  if (row > 0 || watch.early === null) {
    watch.early = null;
    return check.intervalMs;
  }
  watch.early += 1;
  return Math.min(check.intervalMs, FIRST_PAUSE_MS * 2 ** (watch.early - 1));
}

function isRisen(watch: Watch): boolean {
  return !watch.check.critical || watch.row >= watch.check.rise;
}

function notHealthy(
  watches: readonly Watch[],
  now: number,
  beganAt: number,
  signal: AbortSignal,
): OperationError {
  const probe = watches
    .filter((watch) => !isRisen(watch))
    .map((watch) => `${watch.check.name}: ${standing(watch, now)}`)
    .join('; ');
  return new OperationError(`not healthy after ${now - beganAt} ms: ${probe}`, {
    cause: signal.reason,
    evidence: { probe },
  });
}

/** Where a check stands, in words. */
function standing(watch: Watch, now: number): string {
  const { last, askedAt, row, check } = watch;
  if (last === null) return askedAt === null ? 'not asked yet' : `no answer for ${now - askedAt} ms`;
  return isGood(last.status) ? `${last.message} (good ${row} of ${check.rise} times)` : last.message;
}
