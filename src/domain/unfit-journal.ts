import { JournalError } from '../errors.ts';
import type { DeploymentEvent } from './event.ts';
import { type DeploymentState, initialState } from './state.ts';

/** The state after the first event. Throws `JournalError` when it is not `deployment-created`. */
export function firstState(id: string, event: DeploymentEvent): DeploymentState {
  if (event.type !== 'deployment-created') throw unfit(id, `begins with ${event.type}`);
  return initialState(id, event.plan, event.by);
}

/** The events of a journal do not fit each other: somebody wrote into it by hand, or the disk did. */
export function unfit(id: string, how: string, cause?: unknown): JournalError {
  return new JournalError(`The journal of ${id} ${how}`, {
    cause,
    remedy: 'The journal was damaged or edited: restore it from a backup.',
  });
}
