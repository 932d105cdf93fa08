import { aggregate, type CheckReport, decisive } from './aggregate.ts';
import type { CheckSubject, HealthCheck, HealthJudge, Judgement } from './health-check.ts';
import { type HealthClock, realTime } from './health-clock.ts';
import { judge } from './judge.ts';
import { limiter } from './limiter.ts';
import { waitUntilHealthy } from './wait-until-healthy.ts';

export interface ServiceHealthOptions {
  /** Default: the real time. */
  readonly clock?: HealthClock;
  /** Instances that are judged at once. Default 256. */
  readonly concurrency?: number;
}

/** One answer about one instance, or about the service as a whole. */
type Answer = CheckReport & { readonly target?: string };

/**
 * The checks of one service as the engine uses them. An instance is asked the checks of scope `instance`;
 * `judgeAll` asks those of scope `service` as well, once.
 */
export function serviceHealth(
  checks: readonly HealthCheck[],
  options: ServiceHealthOptions = {},
): HealthJudge {
  const { clock = realTime, concurrency = 256 } = options;
  const ofService = checks.filter((check) => check.scope === 'service');
  const ofInstance = checks.filter((check) => check.scope !== 'service');
  const inTurn = limiter(concurrency);

  const ask = async (subject: CheckSubject, signal: AbortSignal): Promise<Answer[]> => {
    const { results } = await inTurn(() => judge(ofInstance, subject, { signal, clock }));
    const { target } = subject;
    return target === undefined ? [...results] : results.map((result) => ({ ...result, target }));
  };

  return {
    async waitUntilHealthy(subject, signal) {
      await waitUntilHealthy(ofInstance, subject, { signal, clock });
    },
    async judge(subject, signal) {
      return judgementOf(await ask(subject, signal));
    },
    async judgeAll(subjects, signal) {
      const [whole, ...each] = await Promise.all([
        judge(ofService, {}, { signal, clock }),
        ...subjects.map((subject) => ask(subject, signal)),
      ]);
      return judgementOf([...whole.results, ...each.flat()]);
    },
  };
}

function judgementOf(answers: readonly Answer[]): Judgement {
  const status = aggregate(answers);
  const worst = decisive(answers);
  if (worst === undefined) return { status, message: 'there is nothing to ask' };
  if (status === 'healthy') return { status, message: `good answers to all ${answers.length} checks` };
  const alike = answers.filter((answer) => aggregate([answer]) === status).length;
  const more = alike > 1 ? ` (and ${alike - 1} more like it)` : '';
  const message = `${worst.name}: ${worst.message}${more}`;
  const unanswered = status === 'unknown' && worst.critical ? ({ unanswered: true } as const) : {};
  const target = worst.target === undefined ? {} : { target: worst.target };
  return { status, message, ...target, ...unanswered };
}
