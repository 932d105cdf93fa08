import type { Clock } from '../domain/clock.ts';
import type { HealthReport } from './aggregate.ts';
import type { CheckSubject, HealthCheck, HealthJudge, HealthStatus, Judgement } from './health-check.ts';
import { judge } from './judge.ts';
import { waitUntilHealthy } from './wait-until-healthy.ts';

/** What the engine asks: the checks of each instance, and those of the service or machine as a whole. */
export class CheckJudge implements HealthJudge {
  readonly #perInstance: readonly HealthCheck[];
  readonly #overall: readonly HealthCheck[];
  readonly #clock: Clock;

  constructor(perInstance: readonly HealthCheck[], overall: readonly HealthCheck[], clock: Clock) {
    this.#perInstance = perInstance;
    this.#overall = overall;
    this.#clock = clock;
  }

  async waitUntilHealthy(subject: CheckSubject, signal: AbortSignal): Promise<void> {
    const startedAt = subject.startedAt === undefined ? {} : { startedAt: subject.startedAt };
    await waitUntilHealthy(this.#perInstance, subject, { signal, clock: this.#clock, ...startedAt });
  }

  async judge(subject: CheckSubject, signal: AbortSignal): Promise<Judgement> {
    const report = await judge(this.#perInstance, subject, { signal, clock: this.#clock });
    return judgementOf(report, subject.target);
  }

  /** The worst of all decides. No instance and no check at all is unknown. */
  async judgeAll(subjects: readonly CheckSubject[], signal: AbortSignal): Promise<Judgement> {
    const asked = this.#perInstance.length > 0 ? subjects.map((subject) => this.judge(subject, signal)) : [];
    if (this.#overall.length > 0) {
      const overall = judge(this.#overall, {}, { signal, clock: this.#clock });
      asked.push(overall.then((report) => judgementOf(report, undefined)));
    }
    return (await Promise.all(asked)).reduce(worse, { status: 'unknown', message: 'nothing was asked' });
  }
}

const SEVERITY: Readonly<Record<HealthStatus, number>> = {
  healthy: 1,
  degraded: 2,
  unknown: 3,
  unhealthy: 4,
};

function worse(one: Judgement, other: Judgement): Judgement {
  // The first is a placeholder until anything has answered.
  if (one.message === 'nothing was asked') return other;
  return SEVERITY[other.status] > SEVERITY[one.status] ? other : one;
}

function judgementOf(report: HealthReport, target: string | undefined): Judgement {
  const worst = report.results.filter((result) => result.status !== 'healthy');
  const shown = worst.length > 0 ? worst : report.results;
  const message =
    shown.map((result) => `${result.name}: ${result.message}`).join('; ') || 'nothing was asked';
  return { status: report.status, message, ...(target === undefined ? {} : { target }) };
}
