/**
 * The port of a health check: one question to one instance, or to the machine, answered with a verdict in
 * words. Timeouts, intervals, rise and fall are the runner's business, not the check's.
 */
import type { Address } from '../domain/target.ts';

export const HEALTH_STATUSES = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
/** `unknown` is its own verdict: no data is neither good nor bad. */
export type HealthStatus = (typeof HEALTH_STATUSES)[number];
export const HealthStatus = {
  HEALTHY: 'healthy',
  DEGRADED: 'degraded',
  UNHEALTHY: 'unhealthy',
  UNKNOWN: 'unknown',
} as const satisfies Record<string, HealthStatus>;

/** What a check is asked about. Checks of the machine itself (disk, memory) ignore it. */
export interface CheckSubject {
  readonly target?: string;
  readonly address?: Address;
  /** When the instance was started, milliseconds since the epoch: start delays count from here. */
  readonly startedAt?: number;
}

export interface CheckResult {
  readonly status: HealthStatus;
  /** In words, also when all is well: `HTTP 200 in 12 ms`, `HTTP 503: "starting"`. */
  readonly message: string;
}

/** One health check with its schedule. */
export interface HealthCheck {
  readonly name: string;
  /** Whether its failure makes the whole unhealthy (true, the default) or only degraded. */
  readonly critical: boolean;
  /** The longest that one run may take; then it is unhealthy. Default 5000. */
  readonly timeoutMs: number;
  /** Time between two runs. Default 1000. */
  readonly intervalMs: number;
  /** Good runs in a row that make healthy. Default 1. */
  readonly rise: number;
  /** Bad runs in a row that make unhealthy. Default 1. */
  readonly fall: number;
  /** How long after its start an instance is left alone. Default 0. */
  readonly startDelayMs: number;
  /**
   * `instance` (default): asked of each instance. `service`: asked once, about the service as a whole or this
   * machine; no single instance waits for it, or a check through the router would wait for itself.
   */
  readonly scope?: 'instance' | 'service';
  /** Runs the check once. A throw counts as unhealthy with its message. */
  run(subject: CheckSubject, signal: AbortSignal): Promise<CheckResult>;
}

/** What checks say of several instances together. */
export interface Judgement {
  readonly status: HealthStatus;
  /** The worst answer, in words. */
  readonly message: string;
  /** Whose answer it was, when it was one target's. */
  readonly target?: string;
  /** It is `unknown` since a critical check has no answer, not for want of anything to ask. */
  readonly unanswered?: true;
}

/** Checks as the engine uses them: waiting for an instance to become healthy, and judging those that run. */
export interface HealthJudge {
  /**
   * Resolves when the instance is healthy. It does not give up by itself: when `signal` aborts it rejects
   * with an `OperationError` whose evidence holds the last answers.
   */
  waitUntilHealthy(subject: CheckSubject, signal: AbortSignal): Promise<void>;

  /** One verdict on one instance, now. */
  judge(subject: CheckSubject, signal: AbortSignal): Promise<Judgement>;

  /** One verdict on all of them, now, with the checks that concern the service as a whole. */
  judgeAll(subjects: readonly CheckSubject[], signal: AbortSignal): Promise<Judgement>;
}
