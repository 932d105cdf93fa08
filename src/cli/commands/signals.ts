/**
 * The signals that people give a deployment. Where no controller is left to obey them, the command becomes it.
 */
import type { Signal, SignalName } from '../../domain/event.ts';
import { countOf, gateOf } from '../../domain/gate.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { LeaseHeldError } from '../../errors.ts';
import {
  giveSignal,
  RECEIVED_WITHIN_MS,
  type SignalGiven,
  untilReceived,
} from '../../project/give-signal.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { isAttended, storyOf } from '../../project/unfinished.ts';
import { command } from '../../words/typed-command.ts';
import type { Command, CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inTurn } from '../in-turn.ts';
import { gateJson } from '../outcome-json.ts';
import { resumeRollout } from '../rollout.ts';
import { meantDeployment } from '../under-way.ts';
import { whoAsks } from '../who.ts';

export const approve = giving('approve');
export const reject = giving('reject');
export const promote = giving('promote');
export const pause = giving('pause');
export const retry = giving('retry');
export const abort = giving('abort');

/** Also for a deployment that is not paused but whose controller is gone: then there is nothing to signal. */
export async function resume(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const deployment = await meantDeployment(context, { ended: false });
  const deployer = await project.deployer(deployment.service, deployment.environment);
  const attended = await isAttended(project.journal, deployer.key);
  if (deployment.phase === 'paused' || deployment.phase === 'ended' || attended) {
    return give(context, project, deployment, 'resume');
  }
  return takeUp(context, deployer, deployment.id);
}

function giving(name: SignalName): Command {
  return async (context) => {
    const project = await context.project();
    return give(context, project, await meantDeployment(context, { ended: false }), name);
  };
}

async function give(
  context: CommandContext,
  project: Project,
  { id, service, environment }: DeploymentSummary,
  name: SignalName,
): Promise<ExitCode> {
  const { message, full, plan } = context.options;
  const { journal } = project;
  const given = await giveSignal(journal, id, {
    name,
    by: whoAsks(context.options),
    ...(message === undefined ? {} : { reason: message }),
    ...(full === true ? { full } : {}),
    ...(plan === undefined ? {} : { plan }),
  });
  if (given.is !== 'left') return sayWhatCame(context, id, given);
  const deployer = await project.deployer(service, environment);
  // Who looked after it may have obeyed and be done by now: then there is nothing to go on with.
  if ((await isAttended(journal, deployer.key)) || (await journal.summary(id)).phase === 'ended') {
    return sayWhatCame(context, id, await untilReceived(journal, id, given));
  }
  try {
    context.terminal.remark(`No controller looks after ${id}; going on with it here.`);
    return await takeUp(context, deployer, id);
  } catch (error) {
    // Somebody else was quicker to go on with it, and obeys what is in its journal.
    if (!(error instanceof LeaseHeldError)) throw error;
    return sayWhatCame(context, id, await untilReceived(journal, id, given));
  }
}

function sayWhatCame(context: CommandContext, id: string, given: SignalGiven): ExitCode {
  if (given.is === 'done') return sayDone(context, given.state, given.signal);
  if (given.is === 'received') return sayObeyed(context, given.state, given.signal);
  context.terminal.remark(
    `${id} has not taken the ${given.signal.signal} within ${RECEIVED_WITHIN_MS / 1_000} s; it stays in its journal.`,
  );
  return EXIT.left;
}

function sayDone(
  { terminal }: CommandContext,
  { id, outcome, cause }: DeploymentState,
  { signal: name, by, digest }: Signal,
): ExitCode {
  if (terminal.json) {
    terminal.printJson({ deployment: id, signal: name, received: false, by, plan: digest, outcome });
  } else {
    const why = cause === null ? '' : ` (${cause.message})`;
    terminal.print(`${id}: it has been rolled back already${why}. There is nothing left to abort.`);
  }
  return EXIT.ok;
}

async function takeUp(context: CommandContext, deployer: ServiceDeployer, id: string): Promise<ExitCode> {
  const project = await context.project();
  return inTurn(context, deployer, async () => {
    const events = await storyOf(project.journal, id);
    return (await resumeRollout(context, deployer, { id, events })).exitCode;
  });
}

/** @param state as it was right after the signal */
function sayObeyed({ terminal }: CommandContext, state: DeploymentState, signal: Signal): ExitCode {
  const { id } = state;
  const { signal: name, by, digest } = signal;
  const gate = gateOf(state);
  if (terminal.json) {
    const answer = { deployment: id, signal: name, received: true, by, plan: digest };
    terminal.printJson({ ...answer, gate: gateJson(gate) });
    return EXIT.ok;
  }
  const isAnswer = name === 'approve' || name === 'promote';
  const count = isAnswer && gate !== null && gate.needed > 1 ? `, ${countOf(gate)} approved` : '';
  const first = name === 'abort' && state.aborted !== null ? whoWasFirst(state.aborted.message, by) : '';
  terminal.print(`${id}: ${name} received${count}${first}. Watch it: ${command('watch', id)}`);
  return EXIT.ok;
}

/** The first abort is the one that counts. */
function whoWasFirst(message: string, by: string): string {
  return message.startsWith(`aborted by ${by}`) ? '' : `; it was ${message}`;
}
