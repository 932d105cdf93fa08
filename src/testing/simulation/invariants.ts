/**
 * What has to be true, promise by promise, said so that a machine can look: of every effect on the world as
 * it takes place, of the state whenever it becomes durable, and of the whole once it has ended. Each function
 * returns what is wrong, or `null`.
 */
import type { DeploymentEvent } from '../../domain/event.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { Effect } from './effects.ts';
import type { Census } from './simulated-instance.ts';
import type { World } from './world.ts';

/** A deployment that has ended. */
export interface Ended {
  /** As the engine returned it. */
  readonly state: DeploymentState;
  /** As the journal folds. */
  readonly folded: DeploymentState;
  readonly world: World;
  /** The fleet before it. */
  readonly first: Census;
  readonly events: readonly DeploymentEvent[];
  /** The fewest targets that served, and the most on which two releases ran, right after any effect. */
  readonly fewestServing: number;
  readonly mostDoubled: number;
  /** Nothing in the world went wrong, nobody but the plan had a say, and the plan can go through. */
  readonly isCalm: boolean;
  /** The one fault that struck, when there was only one, and nothing else was in the way; else `null`. */
  readonly onlyStrike: string | null;
  /** The same, of the rollback, and of what it goes back to. */
  readonly isRollbackCalm: boolean;
}

export interface Invariant {
  /** The promise of the design that it is a part of. */
  readonly promise: number;
  readonly says: string;
  /** @param state as the journal had it when the call was made; @param first the fleet before the deployment */
  readonly ofEffect?: (effect: Effect, state: DeploymentState, first: Census) => string | null;
  /** Asked whenever events have become durable. @param summary what lists show */
  readonly ofState?: (state: DeploymentState, summary: DeploymentSummary) => string | null;
  readonly atEnd?: (ended: Ended) => string | null;
}
