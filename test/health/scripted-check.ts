import type { CheckResult, CheckSubject, HealthCheck, HealthStatus } from '../../src/health/health-check.ts';
import type { HealthClock } from '../../src/health/health-clock.ts';

export interface ScriptedCheck extends HealthCheck {
  /** When each run began, on the clock. */
  readonly askedAt: readonly number[];
  readonly subjects: readonly CheckSubject[];
}

type Answer = HealthStatus | 'hang';

/** A check that gives these answers in order, the last again and again; `hang` heeds its signal only. */
export function scriptedCheck(
  clock: HealthClock,
  answers: readonly [Answer, ...Answer[]],
  options: Partial<Omit<HealthCheck, 'run'>> = {},
): ScriptedCheck {
  const askedAt: number[] = [];
  const subjects: CheckSubject[] = [];
  return {
    name: 'scripted',
    critical: true,
    timeoutMs: 5_000,
    intervalMs: 1_000,
    rise: 1,
    fall: 1,
    startDelayMs: 0,
    ...options,
    askedAt,
    subjects,
    run(subject, signal): Promise<CheckResult> {
      const answer = answers[Math.min(askedAt.length, answers.length - 1)] ?? answers[0];
      askedAt.push(clock.now());
      subjects.push(subject);
      if (answer !== 'hang') {
        return Promise.resolve({ status: answer, message: `answer ${askedAt.length}` });
      }
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    },
  };
}
