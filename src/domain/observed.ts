/** What a look at the fleet changes in what is believed of it. */
import type { Outcome } from './operation.ts';
import type { DeploymentState, InstancePhase } from './state.ts';

/** The phase of a release on a target once it was seen to be healthy, or not. */
export function observed(phase: InstancePhase, healthy: boolean): InstancePhase {
  if (phase === 'serving' && !healthy) return 'failing';
  // An admit that failed had let in what is healthy: it is counted from here on.
  if ((phase === 'failing' || phase === 'healthy') && healthy) return 'serving';
  return phase;
}

/** On which targets the new was seen to be ill by a shift that was refused; `null` when it saw nothing. */
export function seenIll({ targets }: DeploymentState, { seen }: Outcome): number[] | null {
  if (seen === undefined) return null;
  return seen.filter((one) => !one.new && targets.get(one.target).new === 'serving').map((one) => one.target);
}
