import { type CheckOptions, requireOption, scheduleOf } from './check-options.ts';
import { toCheckResult } from './check-result.ts';
import type { CheckResult, CheckSubject, HealthCheck, HealthStatus } from './health-check.ts';

/** What a check of one's own may say. Nothing at all is `unknown`. */
export type CustomVerdict = boolean | HealthStatus | CheckResult | undefined | null;

/**
 * A check in code. True, a status, or a status with a message is its verdict; a throw is unhealthy with its
 * message; nothing, or anything else, is unknown. It should heed the signal, which ends it when its time is up.
 * @throws InvalidInputError naming the option that cannot be
 */
export function customCheck(
  name: string,
  ask: (subject: CheckSubject, signal: AbortSignal) => CustomVerdict | Promise<CustomVerdict>,
  options: Omit<CheckOptions, 'name'> = {},
): HealthCheck {
  const schedule = scheduleOf(options, { name, scope: 'instance' });
  requireOption(name, 'function', ask, typeof ask === 'function', 'a function that returns a verdict');
  return {
    ...schedule,
    run: async (subject, signal) => toCheckResult(await ask(subject, signal)),
  };
}
