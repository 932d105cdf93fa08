/**
 * The port of a platform: how a release gets onto a target and is started, inspected and stopped.
 * Every operation is an *ensure*: it may be called again at any time, also when it was done already, and
 * ends in the same state. An operation that fails throws `OperationError` with its evidence; one whose target
 * cannot be reached at all throws `UnreachableError`.
 */
import type { OperationContext } from '../domain/operation.ts';
import type { Release } from '../domain/release.ts';
import type { Address } from '../domain/target.ts';
import type { Evidence } from '../errors.ts';

/** One running, or ended, copy of a release on a target. */
export interface Instance {
  readonly target: string;
  /** Release id. */
  readonly release: string;
  /** `starting` also while it waits to be restarted after a crash. */
  readonly state: 'starting' | 'running' | 'stopping' | 'exited';
  /** Where it can be reached, if it listens anywhere. */
  readonly address?: Address;
  readonly pid?: number;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  /** Times it crashed and was started again since it was activated. */
  readonly restarts?: number;
  /** Why it ended, when it did: exit code or signal, and the tail of its log. */
  readonly evidence?: Evidence;
}

/** How fresh a look has to be. */
export interface LookContext extends OperationContext {
  /**
   * What was seen so many milliseconds ago will do too, if nothing was done to the target from here since. Default 0: it is
   * looked at now.
   */
  readonly atMostMsOld?: number;
}

export interface Platform {
  readonly name: string;
  /** Two releases can run on one target at once. */
  readonly beside: boolean;

  /** Puts the release on the target; nothing visible changes. */
  stage(target: string, release: Release, context: OperationContext): Promise<void>;

  /**
   * Makes the release run on the target. Where `beside` is true, whatever else runs there goes on; where it
   * is false, the release replaces it. Resolves when the process (or container, or unit) has been started,
   * not when it is healthy.
   */
  activate(target: string, release: Release, context: OperationContext): Promise<void>;

  /** Stops the release on the target, gracefully at first; resolves when nothing of it runs any more. */
  stop(target: string, release: Release, context: OperationContext): Promise<void>;

  /** Deletes staged releases of the service from the target, except those in `keep` (release ids). */
  prune(target: string, service: string, keep: readonly string[], context: OperationContext): Promise<void>;

  /**
   * What is on these targets now, by looking, or, where the context allows that, by a look a moment ago. Targets with nothing on them yield no instance.
   * @throws UnreachableError when some cannot be looked at, with the reason for each, and what was seen on the others
   */
  inspect(service: string, targets: readonly string[], context: LookContext): Promise<Instance[]>;

  /** The last lines of the instance's log, oldest first. */
  logTail(target: string, release: Release, lines: number): Promise<string[]>;
}
