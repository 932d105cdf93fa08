/**
 * The signals that people give a deployment: a row in the journal, which its controller obeys. Where no
 * controller is left, the command becomes it.
 */
import type { Signal, SignalName } from '../../domain/event.ts';
import { fold, whyRefused } from '../../domain/evolve.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { SignalRefusedError } from '../../errors.ts';
import { type Project, whoami } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { Command, CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inTurn } from '../in-turn.ts';
import { resumeRollout } from '../rollout.ts';
import { isAttended, meantDeployment, storyOf } from '../unfinished.ts';

const OBEYED_WITHIN_MS = 5_000;
const POLL_MS = 50;

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
  const deployer = project.deployer(deployment.service, deployment.environment);
  const attended = await isAttended(project, deployer);
  if (deployment.phase === 'paused' || attended) return give(context, project, deployment, 'resume');
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
  const { message, full } = context.options;
  const signal: Signal = {
    signal: name,
    by: whoami(),
    ...(message === undefined ? {} : { reason: message }),
    ...(full === true ? { full } : {}),
  };
  const state = fold(id, await storyOf(project, id));
  const refused = whyRefused(state, signal);
  if (refused !== null) throw cannot(name, id, refused);
  const number = await project.journal.signal(id, signal, Date.now());
  const deployer = project.deployer(service, environment);
  if (!(await isAttended(project, deployer))) {
    context.terminal.remark(`No controller looks after ${id}; going on with it here.`);
    return takeUp(context, deployer, id);
  }
  return sayWhetherObeyed(context, project, id, name, number);
}

async function takeUp(context: CommandContext, deployer: ServiceDeployer, id: string): Promise<ExitCode> {
  const project = await context.project();
  return inTurn(context, deployer, async () => {
    const events = await storyOf(project, id);
    return (await resumeRollout(context, deployer, { id, events })).exitCode;
  });
}

async function sayWhetherObeyed(
  { terminal }: CommandContext,
  project: Project,
  id: string,
  name: SignalName,
  number: number,
): Promise<ExitCode> {
  const deadline = Date.now() + OBEYED_WITHIN_MS;
  let after = 0;
  while (Date.now() < deadline) {
    const stored = await project.journal.read(id, after);
    after = stored.at(-1)?.seq ?? after;
    for (const { event } of stored) {
      if (event.type !== 'signal-received' || event.id !== number) continue;
      if (event.refused !== undefined) throw cannot(name, id, event.refused);
      if (terminal.json) terminal.printJson({ deployment: id, signal: name, received: true });
      else terminal.print(`${id}: ${name} received. Watch it: sluice watch ${id}`);
      return EXIT.ok;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  terminal.remark(
    `${id} has not taken the ${name} within ${OBEYED_WITHIN_MS / 1_000} s; it stays in its journal.`,
  );
  return EXIT.left;
}

function cannot(name: SignalName, id: string, why: string): SignalRefusedError {
  return new SignalRefusedError(`cannot ${name} ${id}: ${why}`, { remedy: `See it: sluice show ${id}.` });
}
