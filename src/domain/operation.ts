/**
 * An operation is one effect on one target, or one on the whole fleet (target `null`). Steps are made of
 * operations. Each is an *ensure*: idempotent, safe to repeat, so that after a crash it is simply done again.
 */
import type { Evidence } from '../errors.ts';
import type { Side } from './step.ts';

export const TARGET_OPERATIONS = ['stage', 'activate', 'probe', 'admit', 'drain', 'stop', 'prune'] as const;
export const FLEET_OPERATIONS = ['observe', 'shift', 'check', 'hook'] as const;

export type TargetOperationName = (typeof TARGET_OPERATIONS)[number];
export type FleetOperationName = (typeof FLEET_OPERATIONS)[number];
export type OperationName = TargetOperationName | FleetOperationName;

/** An operation that is about to be performed: journaled before anything happens. */
export interface Intent {
  /** Index into the plan's targets; `null` for the whole fleet. */
  readonly target: number | null;
  readonly operation: OperationName;
  /** Which release of the target is meant. */
  readonly side: Side;
  /** 1 for the first try. */
  readonly attempt: number;
  /** True when a crash left it unknown whether it was done: look first, then do what is missing. */
  readonly recover?: true;
}

/** The verdict of checks: no data is neither good nor bad. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** What a target was seen to be, before a step that could cost capacity, or before traffic was to go to it. */
export interface TargetObservation {
  readonly target: number;
  readonly old: boolean;
  readonly new: boolean;
  /** Why it could not be looked at. */
  readonly unreachable?: string;
}

/** What came of an operation. */
export interface Outcome {
  readonly target: number | null;
  readonly operation: OperationName;
  readonly ok: boolean;
  readonly tookMs: number;
  /** Of `check`: what the checks said. `ok` is false only for `fail`. */
  readonly verdict?: Verdict;
  /** Of `observe`: targets that are not what the state believes. Of `check` too: those that could not be asked. */
  readonly seen?: readonly TargetObservation[];
  /** Why it failed, in words for a person. */
  readonly error?: string;
  readonly evidence?: Evidence;
  /** False when trying again is no use. */
  readonly retryable?: boolean;
  /** The target could not be reached: nothing was done there. */
  readonly unreachable?: true;
}

/** What comes with every operation that is handed to a platform, a router or a hook. */
export interface OperationContext {
  /** Aborted when the operation is out of time or no longer wanted. */
  readonly signal: AbortSignal;
  /** Under which it is performed; whoever carries it out refuses one that is over. Default: none is needed. */
  readonly lease?: LeaseStamp;
}

/** Which lease is meant: of two of one service the one that is greater in either is the later one. */
export interface LeaseStamp {
  readonly epoch: number;
  /** Milliseconds since the epoch: when its holder took it. */
  readonly since: number;
}
