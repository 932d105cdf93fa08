/** How the fleet was at each moment of a deployment: what its plots show. A fold of events. Pure. */
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import type { Verdict } from '../../../src/domain/operation.ts';
import { type DeploymentState, leastAvailable } from '../../../src/domain/state.ts';
import { fleetOf } from '../../../src/words/fleet.ts';

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of the traffic, 0 to 100, what the new release gets; `null` while nothing gets any. */
  readonly share: number | null;
  /** Targets that serve. */
  readonly available: number;
  /** Fewer than this our own doing must not leave. */
  readonly least: number;
  /** Of the checks that ended then; `null` when none did. */
  readonly verdict: Verdict | null;
}

/** The sample after an event; `null` when nothing is other than in the one before. @param state after the event */
export function nextSample(
  before: Sample | null,
  event: DeploymentEvent,
  state: DeploymentState,
): Sample | null {
  const verdict = verdictOf(event);
  const mayDiffer =
    before === null ||
    verdict !== null ||
    event.type === 'operations-finished' ||
    event.type === 'step-finished' ||
    event.type === 'deployment-started' ||
    event.type === 'deployment-finished';
  if (!mayDiffer) return null;
  const { share, available } = fleetOf(state);
  const sample = { at: event.at, share, available, least: leastAvailable(state), verdict };
  const isSame =
    before !== null &&
    verdict === null &&
    event.type !== 'deployment-finished' &&
    before.share === share &&
    before.available === available &&
    before.least === sample.least;
  return isSame ? null : sample;
}

function verdictOf(event: DeploymentEvent): Verdict | null {
  if (event.type !== 'operations-finished') return null;
  const check = event.outcomes.find(({ operation }) => operation === 'check');
  if (check === undefined) return null;
  return check.verdict ?? (check.ok ? 'pass' : 'inconclusive');
}
