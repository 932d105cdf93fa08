import type { DeploymentEvent } from './event.ts';

/** What `decide` wants. */
export interface Decision {
  readonly events: readonly DeploymentEvent[];
  /** Cut short every operation under way. */
  readonly cancel?: true;
  /** Ask again at this time, milliseconds since the epoch, at the latest. */
  readonly wakeAt?: number;
}
