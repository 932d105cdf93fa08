/**
 * The port of the journal: the append-only events of every deployment, the leases that say who may append,
 * the signals that anybody may leave for the controller, and saved plans.
 *
 * What holds for every implementation, and is checked by one conformance suite:
 * - `(deployment, seq)` is unique and has no gaps; seq starts at 1.
 * - `append` is all or nothing, durable when it resolves, and refused unless `expectedSeq` is the last seq
 *   and the lease's epoch is the current one and unexpired or at least not taken over by another.
 * - Events come back exactly as they were appended.
 */
import type { DeploymentEvent, DeploymentOutcome, Signal } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { SavedPlan } from '../domain/retention.ts';
import type { DeploymentSummary } from '../domain/summary.ts';

export interface StoredEvent {
  readonly seq: number;
  readonly event: DeploymentEvent;
}

export interface StoredSignal {
  /** Grows by one with each signal of a deployment, from 1. */
  readonly id: number;
  readonly at: number;
  readonly signal: Signal;
}

/** What a lease covers: one service in one environment. */
export interface LeaseKey {
  readonly service: string;
  readonly environment: string;
}

export interface Lease extends LeaseKey {
  /** Who holds it: a name that no other controller has, see `domain/holder.ts`. */
  readonly holder: string;
  /** Grows by one each time the lease changes hands. */
  readonly epoch: number;
  /** Milliseconds since the epoch: since when the holder has it, and until when unless it is renewed. */
  readonly since: number;
  readonly expiresAt: number;
  /** What the holder does, in a few words. */
  readonly doing: string;
}

export interface AcquireRequest extends LeaseKey {
  readonly holder: string;
  readonly doing: string;
  readonly now: number;
  readonly ttlMs: number;
  /**
   * A holder that is known for certain to be gone: its lease is taken over though it has not run out. Whoever
   * has taken it over meanwhile is not affected.
   */
  readonly gone?: Pick<Lease, 'holder' | 'epoch'>;
}

export interface ListFilter {
  readonly service?: string;
  readonly environment?: string;
  /** True: only those that have ended; false: only those that have not. */
  readonly ended?: boolean;
  readonly outcome?: DeploymentOutcome;
  readonly version?: string;
  /** Release id. */
  readonly release?: string;
  /** Who began it, whole (`ann@laptop`) or without what follows the `@`. */
  readonly by?: string;
  /** Created at this time or later, milliseconds since the epoch. */
  readonly since?: number;
  /** Created before this time. */
  readonly until?: number;
  /** Only what a list has behind this one: of the next page. It need not be in the journal any more. */
  readonly before?: Pick<DeploymentSummary, 'id' | 'createdAt'>;
  /** Newest first; default 50. */
  readonly limit?: number;
}

/** What is to go for good. */
export interface Removal {
  /** Ids of deployments that have ended. */
  readonly deployments: readonly string[];
  /** Digests of saved plans. */
  readonly plans: readonly string[];
}

export interface Journal {
  /** Names this journal among all others: the same for everybody who shares it, for as long as it lives. */
  identity(): Promise<string>;

  /**
   * Opens a deployment with its first event, `deployment-created`, and gives it the next free id of its
   * service: `<service>-<n>`. Needs the lease, like `append`.
   */
  create(plan: Plan, by: string, at: number, lease: Lease): Promise<string>;

  /**
   * Appends events after `expectedSeq`; resolves with the new last seq.
   * @throws JournalConflictError when `expectedSeq` is not the last one
   * @throws FencedError when the lease has been taken over by another controller
   */
  append(
    deployment: string,
    expectedSeq: number,
    events: readonly DeploymentEvent[],
    lease: Lease,
  ): Promise<number>;

  /**
   * Events after `afterSeq` (default 0), in order, at most `limit` of them (default: all). Rejects with
   * `DeploymentNotFoundError`.
   */
  read(deployment: string, afterSeq?: number, limit?: number): Promise<StoredEvent[]>;

  /** The plan that a deployment executes, without reading its events. Rejects with `DeploymentNotFoundError`. */
  plan(deployment: string): Promise<Plan>;

  /** Deployments, newest first. */
  list(filter?: ListFilter): Promise<DeploymentSummary[]>;

  /** One deployment by id. Rejects with `DeploymentNotFoundError`. */
  summary(deployment: string): Promise<DeploymentSummary>;

  /**
   * Takes the lease when it is free, expired, already this holder's, or that of one who is `gone`. One that ends
   * later than any taken now would, because the time of day was set back, is shortened to that.
   * @throws LeaseHeldError with holder, since and doing
   */
  acquire(request: AcquireRequest): Promise<Lease>;

  /** Extends the lease. Rejects with `FencedError` when another has it. */
  renew(lease: Lease, now: number, ttlMs: number, doing?: string): Promise<Lease>;

  /** Gives the lease back; nothing happens when another has it. */
  release(lease: Lease): Promise<void>;

  /** The lease of a service as it stands, expired or not; `null` when it is free. */
  lease(key: LeaseKey): Promise<Lease | null>;

  /** Leaves a signal for the controller. Any process may; resolves with its id. */
  signal(deployment: string, signal: Signal, at: number): Promise<number>;

  /** Signals with an id greater than `afterId`, in order. */
  signals(deployment: string, afterId: number): Promise<StoredSignal[]>;

  /** Keeps a plan under its digest, so that `apply` can find it. */
  savePlan(plan: Plan): Promise<void>;

  /** A saved plan by its digest or an unambiguous beginning of it; `null` when there is none. */
  loadPlan(digestPrefix: string): Promise<Plan | null>;

  /** The saved plans of a service, newest first. */
  savedPlans(key: LeaseKey): Promise<SavedPlan[]>;

  /**
   * Takes deployments, with their events and signals, and saved plans out of the journal: all of them or none,
   * durable when it resolves. Those that are not there any more are passed over. Ids are never given out
   * again. Needs the lease, so that nothing begins or ends meanwhile.
   * @throws InvalidInputError when a deployment has not ended, or is not of the lease's service
   * @throws FencedError when the lease has been taken over by another controller
   */
  remove(removal: Removal, lease: Lease): Promise<void>;

  /**
   * Frees the room of what was removed, here or by another process that did not come to it, a little at a
   * time, so that nobody who writes waits for long. Needs no lease.
   * @returns how many events went
   */
  sweep(): Promise<number>;

  /**
   * Calls back soon after something was committed, by this handle, another one or another process: within milliseconds
   * where that can be noticed, a quarter of a second later at most. What is committed meanwhile is told once; it may be
   * called without news. Keeps the process alive.
   * @returns ends it
   */
  watch(onCommit: () => void): () => void;

  close(): Promise<void>;
}
