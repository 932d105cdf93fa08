import { type CheckReport, unanswered } from './aggregate.ts';
import { toCheckResult } from './check-result.ts';
import { resultOfFault } from './fault.ts';
import type { CheckResult, CheckSubject, HealthCheck } from './health-check.ts';
import { type HealthClock, onAbort, realTime } from './health-clock.ts';
import { oneLine } from './text.ts';

export interface RunOptions {
  /** Aborted when the answer is no longer wanted. */
  readonly signal?: AbortSignal;
  /** Default: the real time. */
  readonly clock?: HealthClock;
}

const MAX_MESSAGE_CHARACTERS = 500;
const CANCELLED = 'cancelled before it answered';

/**
 * Runs the check once, within its timeout, and never rejects. A throw and a timeout are unhealthy, with the
 * reason as message. When `signal` is aborted first, the answer is unknown.
 */
export async function runCheck(
  check: HealthCheck,
  subject: CheckSubject = {},
  options: RunOptions = {},
): Promise<CheckReport> {
  const clock = options.clock ?? realTime;
  const askedAt = clock.now();
  if (options.signal?.aborted) return unanswered(check, CANCELLED, askedAt);
  const { status, message } = await answerInTime(check, subject, clock, options.signal);
  const checkedAt = clock.now();
  return {
    name: check.name,
    critical: check.critical,
    status,
    message: oneLine(message, MAX_MESSAGE_CHARACTERS),
    durationMs: Math.max(0, checkedAt - askedAt),
    checkedAt,
  };
}

function answerInTime(
  check: HealthCheck,
  subject: CheckSubject,
  clock: HealthClock,
  signal: AbortSignal | undefined,
): Promise<CheckResult> {
  return new Promise((resolve) => {
    const run = new AbortController();
    const timeout = new DOMException(`timed out after ${check.timeoutMs} ms`, 'TimeoutError');
    const finish = (result: CheckResult) => {
      stopTimer();
      stopListening();
      resolve(result);
    };
    let stopTimer = clock.schedule(check.timeoutMs, () => {
      run.abort(timeout);
      // One more turn, so that a check that heeds its signal can say what it was waiting for.
      stopTimer = clock.schedule(0, () => finish({ status: 'unhealthy', message: timeout.message }));
    });
    let stopListening = () => {};
    if (signal !== undefined) {
      stopListening = onAbort(signal, () => {
        run.abort(signal.reason);
        finish({ status: 'unknown', message: CANCELLED });
      });
    }
    void ask(check, subject, run.signal, timeout).then(finish);
  });
}

async function ask(
  check: HealthCheck,
  subject: CheckSubject,
  signal: AbortSignal,
  timeout: DOMException,
): Promise<CheckResult> {
  try {
    const result = toCheckResult(await check.run(subject, signal));
    return signal.aborted ? tooLate(timeout, result) : result;
  } catch (thrown) {
    if (!signal.aborted) return resultOfFault(thrown);
    const isOnlyTheAbort =
      thrown === signal.reason || (thrown instanceof Error && thrown.name === 'AbortError');
    return tooLate(timeout, isOnlyTheAbort ? undefined : resultOfFault(thrown));
  }
}

/** What a check says when its time is up tells what it was waiting for; a good answer came too late. */
function tooLate(timeout: DOMException, last: CheckResult | undefined): CheckResult {
  const waitedFor = last?.status === 'unhealthy' ? `: ${last.message}` : '';
  return { status: 'unhealthy', message: timeout.message + waitedFor };
}
