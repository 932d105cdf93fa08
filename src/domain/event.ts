/**
 * The events of a deployment: its journal, and its whole truth. Each says what happened and when (`at`,
 * milliseconds since the epoch), so that folding them needs no clock.
 */
import type { Evidence } from '../errors.ts';
import type { Intent, Outcome } from './operation.ts';
import type { Plan } from './plan.ts';
import type { Step } from './step.ts';

export const SIGNALS = ['pause', 'resume', 'promote', 'abort', 'approve', 'reject', 'retry'] as const;
export type SignalName = (typeof SIGNALS)[number];

/** What a person, or a system, asks of a running deployment. */
export interface Signal {
  readonly signal: SignalName;
  /** Who asks: `ann@laptop`, or `ann (as deploy@host)`. */
  readonly by: string;
  /** The plan that they saw: one with another digest does not take the signal. Without it: whichever it is. */
  readonly digest?: string;
  readonly reason?: string;
  /** Of `promote`: skip every bake that is left, and say yes at every gate; never health. */
  readonly full?: boolean;
}

/** Why a deployment turned back, paused or failed. */
export interface Cause {
  readonly kind: 'failure' | 'abort' | 'pause' | 'rejected' | 'deadline' | 'inconclusive';
  /** One sentence for a person. */
  readonly message: string;
  /** Where it happened, when it was on one target. */
  readonly target?: string;
  readonly evidence?: Evidence;
  /** The target cannot be reached. */
  readonly unreachable?: true;
}

/** A target, by its index, that could not be looked at, and why. */
export interface Unreachable {
  readonly target: number;
  readonly error: string;
}

export const OUTCOMES = ['completed', 'failed', 'rolled-back', 'aborted'] as const;
export type DeploymentOutcome = (typeof OUTCOMES)[number];

export type DeploymentEvent =
  | { readonly type: 'deployment-created'; readonly at: number; readonly plan: Plan; readonly by: string }
  | {
      readonly type: 'deployment-started';
      readonly at: number;
      readonly unhealthy: readonly number[];
      /** Targets that could not be looked at; absent when all could. */
      readonly unreachable?: readonly Unreachable[];
    }
  | {
      readonly type: 'controller-changed';
      readonly at: number;
      readonly controller: string;
      readonly epoch: number;
    }
  | { readonly type: 'step-started'; readonly at: number; readonly step: number }
  | { readonly type: 'operations-started'; readonly at: number; readonly intents: readonly Intent[] }
  | { readonly type: 'operations-finished'; readonly at: number; readonly outcomes: readonly Outcome[] }
  | { readonly type: 'step-finished'; readonly at: number; readonly step: number; readonly note?: string }
  | { readonly type: 'step-failed'; readonly at: number; readonly step: number; readonly cause: Cause }
  | {
      readonly type: 'signal-received';
      readonly at: number;
      readonly id: number;
      readonly signal: Signal;
      /** Why it was not obeyed; absent when it was. */
      readonly refused?: string;
    }
  | { readonly type: 'paused'; readonly at: number; readonly cause: Cause }
  | {
      readonly type: 'rollback-started';
      readonly at: number;
      readonly cause: Cause;
      readonly steps: readonly Step[];
    }
  | {
      /** It has failed, and nothing is moved any more: what is left are the hooks for a failure. */
      readonly type: 'stopped';
      readonly at: number;
      readonly cause: Cause;
      readonly steps: readonly Step[];
    }
  | {
      readonly type: 'deployment-finished';
      readonly at: number;
      readonly outcome: DeploymentOutcome;
      /** Why it did not complete; also, for a rollback that failed, what failed in it. */
      readonly cause?: Cause;
    };

export type DeploymentEventType = DeploymentEvent['type'];
