/** What the parts of the live view are drawn from. */
import type { DeploymentState } from '../../domain/state.ts';
import type { Fleet } from '../../words/fleet.ts';
import type { Paint } from '../../words/paint.ts';
import type { RolloutHistory } from '../../words/rollout-history.ts';

export interface LiveOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** The view never has more lines than this. */
  readonly rows: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long the whole deployment takes, in milliseconds, as earlier ones tell. */
  readonly estimateMs?: number;
  /** Where the service can be reached. */
  readonly urls: readonly string[];
  /** What happened so far; without it, steps that are over show no times and there are no remarks. */
  readonly history?: RolloutHistory;
  /** A watcher only looks on: its Ctrl-C changes nothing. Default `controller`. */
  readonly role?: 'controller' | 'watcher';
}

export interface LiveScene extends LiveOptions {
  readonly state: DeploymentState;
  readonly fleet: Fleet;
  readonly history: RolloutHistory;
}

/** Width of the labels at the left. */
export const LABEL_COLUMNS = 9;
