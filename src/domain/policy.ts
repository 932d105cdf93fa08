import type { Amount } from './amount.ts';
import type { OperationName } from './operation.ts';

export type OnFailure = 'rollback' | 'pause' | 'stop';

/** What is done about failures and how long anything may take. Part of the plan, bound by its digest. */
export interface Policy {
  readonly onFailure: OnFailure;
  /** Targets that may fail before the deployment is a failure. */
  readonly maxFailures: number;
  /**
   * How many of them may fail in one update step, as a count or as a percentage of the targets that it is
   * about, rounded down. Default: all, as long as `maxFailures` allows.
   */
  readonly maxFailuresPerBatch?: Amount;
  /** Healthy serving targets that our own actions must leave, where that many are healthy to begin with. */
  readonly minAvailable: number;
  /**
   * How far `minAvailable` gives way where targets cannot be reached, by one for each of them: what nobody can
   * reach is neither to be protected nor to hold up the others. Default: not at all.
   */
  readonly leastAvailable?: number;
  /** Operations under way at once. */
  readonly concurrency: number;
  /** Tries of one operation, the first included. A `probe` that waited in vain, or a `hook`, has only one. */
  readonly maxAttempts: number;
  /** Wait before the second try; doubled before each further one. */
  readonly backoffMs: number;
  /** Time between two looks at the checks during a bake. */
  readonly checkIntervalMs: number;
  /** How long a drain or stop may wait until `minAvailable` allows it. */
  readonly capacityTimeoutMs: number;
  /** How long a pause may last before the deployment turns back; 0 where nobody could end it. */
  readonly pauseTimeoutMs: number;
  /** The longest that one try of an operation may take. */
  readonly timeoutsMs: Readonly<Record<OperationName, number>>;
  /** Good releases kept on a target. What ran before the deployment is kept besides, good or not. */
  readonly keepReleases: number;
}

export const DEFAULT_POLICY: Policy = {
  onFailure: 'rollback',
  maxFailures: 0,
  minAvailable: 0,
  concurrency: 64,
  maxAttempts: 3,
  backoffMs: 250,
  checkIntervalMs: 1_000,
  capacityTimeoutMs: 60_000,
  pauseTimeoutMs: 24 * 60 * 60 * 1_000,
  timeoutsMs: {
    stage: 10 * 60_000,
    activate: 60_000,
    probe: 60_000,
    admit: 10_000,
    drain: 40_000,
    stop: 40_000,
    prune: 60_000,
    observe: 30_000,
    shift: 30_000,
    check: 60_000,
    hook: 5 * 60_000,
  },
  keepReleases: 5,
};
