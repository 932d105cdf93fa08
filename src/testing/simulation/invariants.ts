/**
 * What has to be true, promise by promise, said so that a machine can look: of every effect on the world as
 * it takes place, of every event and of the state once they are durable, and of the whole once it has ended.
 * Each function returns what is wrong, or `null`. They stand beside their promises, in `promises/`.
 */
import type { DeploymentEvent } from '../../domain/event.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { Effect } from './effects.ts';
import type { Census } from './simulated-instance.ts';
import type { StepWatch } from './step-watch.ts';
import type { World } from './world.ts';

/** An event of the journal, as it became durable. */
export interface Happening {
  readonly event: DeploymentEvent;
  /** The state without it, and with it. */
  readonly before: DeploymentState;
  readonly after: DeploymentState;
  /** The step that was under way before it, as it was watched from outside. */
  readonly watch: StepWatch;
  readonly world: World;
  /** How long before somebody asked for an abort; `null` when nobody had. */
  readonly abortAskedMs: number | null;
  /** A controller stood still at some time: what it did may be late. */
  readonly isLate: boolean;
}

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
  /** An abort was obeyed. */
  readonly aborted: boolean;
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
  readonly says: string;
  /** @param state as the journal had it when the call was made; @param first the fleet before the deployment */
  readonly ofEffect?: (effect: Effect, state: DeploymentState, first: Census) => string | null;
  /** Asked of each event but the first, once it is durable. */
  readonly ofEvent?: (happening: Happening) => string | null;
  /** Asked whenever events have become durable. @param summary what lists show */
  readonly ofState?: (state: DeploymentState, summary: DeploymentSummary) => string | null;
  readonly atEnd?: (ended: Ended) => string | null;
}

/** A promise of Sluice, and what is asked of every simulation because of it. */
export interface Promised {
  readonly number: number;
  /** In a word or two. */
  readonly name: string;
  /** As it is given. */
  readonly text: string;
  readonly invariants: readonly Invariant[];
  /** What the simulation itself, not a function of an event or effect, finds broken. */
  readonly ofTheWhole?: readonly string[];
}
