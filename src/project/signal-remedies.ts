/** What to do instead, where a deployment cannot take a signal. */
import type { SignalName } from '../domain/event.ts';
import { gateOf } from '../domain/gate.ts';
import type { DeploymentState } from '../domain/state.ts';
import { command, serviceCommand } from '../words/typed-command.ts';

export function remedyFor(name: SignalName, state: DeploymentState): string {
  const { id, paused, plan, direction, aborted } = state;
  if (state.phase === 'ended') return remedyAfterEnd(name, state);
  if (aborted !== null || direction === 'back') {
    const again = serviceCommand('deploy', plan.environment, plan.service, plan.release.version);
    return `Nothing goes forward in it any more. Once it is back: ${again}.`;
  }
  const [goOn, tryAgain] = [command('resume', id), command('retry', id)];
  if (paused?.cause.kind === 'failure') return `Try again: ${tryAgain}. Go back: ${command('abort', id)}.`;
  if (paused !== null && (name === 'retry' || name === 'pause')) return `Go on: ${goOn}.`;
  const gate = gateOf(state);
  if (gate !== null && (name === 'approve' || name === 'promote' || name === 'reject')) {
    return gate.approvals.length > 0 && gate.approvers === null
      ? 'Somebody else has to approve as well.'
      : `Who shares an account with others says who they are: --as NAME. Anybody may stop it: ${command('abort', id)}.`;
  }
  return `See it: ${command('show', id)}.`;
}

function remedyAfterEnd(name: SignalName, { id, outcome, plan }: DeploymentState): string {
  const about = (verb: string, ...words: string[]) =>
    serviceCommand(verb, plan.environment, plan.service, ...words);
  if (name === 'abort' && outcome === 'completed')
    return `Go back to the release before: ${about('rollback')}.`;
  if (outcome === 'completed') return `See it: ${command('show', id)}.`;
  const again = `Deploy it again: ${about('deploy', plan.release.version)}.`;
  return outcome === 'failed' ? `See what runs: ${about('status')}. ${again}` : again;
}
