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
import type { DeploymentEvent, Signal } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
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
  /** Who holds it: `user@host pid 1234`. */
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
}

export interface ListFilter {
  readonly service?: string;
  readonly environment?: string;
  /** True: only those that have ended; false: only those that have not. */
  readonly ended?: boolean;
  /** Newest first; default 50. */
  readonly limit?: number;
}

export interface Journal {
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

  /** Events after `afterSeq` (default 0: all), in order. Rejects with `DeploymentNotFoundError`. */
  read(deployment: string, afterSeq?: number): Promise<StoredEvent[]>;

  /** Deployments, newest first. */
  list(filter?: ListFilter): Promise<DeploymentSummary[]>;

  /** One deployment by id. Rejects with `DeploymentNotFoundError`. */
  summary(deployment: string): Promise<DeploymentSummary>;

  /**
   * Takes the lease when it is free, expired, or already this holder's. One that ends later than any taken now
   * would, because the time of day was set back, is shortened to that.
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

  close(): Promise<void>;
}
