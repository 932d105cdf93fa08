import type { Address } from '../../domain/target.ts';

/** One copy of a release in the simulated world, and how it really is. */
export interface SimulatedInstance {
  readonly target: string;
  readonly release: string;
  readonly address: Address;
  readonly startedAt: number;
  /** When its checks begin to pass. */
  readonly healthyAt: number;
  /** It was there before the deployment. */
  readonly settled: boolean;
  state: 'running' | 'exited';
  restarts: number;
  /** Since when it is sick; `null` while it is not. */
  sickSince: number | null;
  /** Somebody has looked since then. */
  seenSick: boolean;
  /** A check of it has passed. */
  seenWell: boolean;
  /** Names of controllers whose last check of it was out of time: each takes it for unhealthy. */
  readonly doubtedBy: Set<string>;
  /** How often a check of it got an answer. */
  answers: number;
  /** How often it was unhealthy as far as a check could tell: a bad answer, or none in time. */
  badAnswers: number;
}

/** The fleet counted, at one moment. */
export interface Census {
  /** Targets with an instance that is healthy, as far as anybody can know, and gets traffic. */
  readonly serving: number;
  /** The same, of one release each, whatever its share of the traffic. */
  readonly healthyOn: ReadonlyMap<string, number>;
  /** Instances in the pool of any release but that of the split: without one, all traffic goes to that. */
  readonly others: number;
  /** Instances in the pool of the release that the split names. */
  readonly named: number;
  /** The share of the release that the split names; `null` without a split. */
  readonly percent: number | null;
  /** Targets on which two releases run. */
  readonly doubled: number;
  /** The most releases on one target. */
  readonly mostOnOne: number;
}

/** What ended stays so; what was ill is well again. */
export function heal(instance: SimulatedInstance): void {
  if (instance.state === 'exited') return;
  instance.sickSince = null;
  instance.seenSick = false;
}
