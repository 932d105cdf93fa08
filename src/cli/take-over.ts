/** Going on with a deployment that a controller left in the middle. */
import { fold } from '../domain/evolve.ts';
import { currentStep, type DeploymentState } from '../domain/state.ts';
import { InvalidPlanStateError } from '../errors.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import { storyOf, unfinished } from '../project/unfinished.ts';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { offersToGoOn } from './render/offers.ts';
import { resumeRollout } from './rollout.ts';

/**
 * A deployment whose controller is gone is brought to its end before a new one begins. To be called when it
 * is one's turn: then there is no other controller.
 * @returns the exit code when Ctrl-C has ended it, and so the whole command; else `null`
 * @throws InvalidPlanStateError when only a person can say how it goes on
 */
export async function finishWhatWasLeft(
  context: CommandContext,
  deployer: ServiceDeployer,
): Promise<ExitCode | null> {
  const project = await context.project();
  const left = await unfinished(project.journal, deployer.key);
  if (left === null) return null;
  const events = await storyOf(project.journal, left.id);
  refuseWaiting(fold(left.id, events));
  context.terminal.remark(
    `${left.id} (${left.version}) was left in the middle: its controller is gone. Finishing it first.`,
  );
  const quiet = { ...context, terminal: quietJson(context) };
  const { exitCode, interrupted } = await resumeRollout(quiet, deployer, { id: left.id, events });
  return interrupted ? exitCode : null;
}

function refuseWaiting(state: DeploymentState): void {
  const atGate = state.step !== null && currentStep(state)?.kind === 'gate';
  if (state.paused === null && !(atGate && state.direction === 'forward')) return;
  const { id, plan } = state;
  const why = state.paused === null ? 'waits for approval' : `is paused (${state.paused.cause.message})`;
  const ways = offersToGoOn(state).map(({ typed, does }) => `${typed} (${does})`);
  throw new InvalidPlanStateError(`${id} (${plan.release.version}) ${why}`, state.phase, plan, {
    remedy: `Decide on it first: ${ways.join(', or ')}. Or take it back and go with --supersede.`,
  });
}

/** One JSON document a command: what is finished on the way is not printed as another. */
export function quietJson({ terminal }: CommandContext): CommandContext['terminal'] {
  return terminal.json ? { ...terminal, printJson() {} } : terminal;
}
