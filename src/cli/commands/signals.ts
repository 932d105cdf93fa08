/**
 * The signals that people give a deployment: a row in the journal, which its controller obeys. Where no
 * controller is left, the command becomes it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeploymentEvent, Signal, SignalName } from '../../domain/event.ts';
import { fold, whyRefused } from '../../domain/evolve.ts';
import { countOf, gateOf } from '../../domain/gate.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { InvalidInputError, LeaseHeldError, SignalRefusedError, StalePlanError } from '../../errors.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { Command, CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inTurn } from '../in-turn.ts';
import { gateJson } from '../outcome-json.ts';
import { command } from '../render/words.ts';
import { resumeRollout } from '../rollout.ts';
import { remedyFor } from '../signal-remedies.ts';
import { isAttended, meantDeployment, storyOf } from '../unfinished.ts';
import { whoAsks } from '../who.ts';

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
  const deployer = await project.deployer(deployment.service, deployment.environment);
  const attended = await isAttended(project, deployer);
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
  const by = whoAsks(context.options);
  const state = fold(id, await storyOf(project, id));
  const { digest } = state.plan;
  if (plan !== undefined) refuseOtherPlan(state, plan);
  const signal: Signal = {
    signal: name,
    by,
    digest,
    ...(message === undefined ? {} : { reason: message }),
    ...(full === true ? { full } : {}),
  };
  if (isWhatTheyWant(name, state)) return sayDone(context, state, signal);
  const refused = whyRefused(state, signal);
  if (refused !== null) throw cannot(name, state, refused);
  const number = await project.journal.signal(id, signal, Date.now());
  const deployer = await project.deployer(service, environment);
  if (await isAttended(project, deployer)) return sayWhetherObeyed(context, project, id, signal, number);
  try {
    context.terminal.remark(`No controller looks after ${id}; going on with it here.`);
    return await takeUp(context, deployer, id);
  } catch (error) {
    // Somebody else was quicker to go on with it, and obeys what is in its journal.
    if (!(error instanceof LeaseHeldError)) throw error;
    return sayWhetherObeyed(context, project, id, signal, number);
  }
}

/** Throws `StalePlanError` when the person has seen another plan than the one that is executed. */
function refuseOtherPlan({ id, plan: { digest } }: DeploymentState, seen: string): void {
  if (!/^[0-9a-f]{4,64}$/.test(seen)) {
    throw new InvalidInputError(`${JSON.stringify(seen)} is not the digest of a plan`, {
      remedy:
        'Give at least the first 4 characters of the digest that `sluice plan` or `sluice show` printed.',
    });
  }
  if (digest.startsWith(seen)) return;
  const message = `${id} executes plan ${digest.slice(0, 8)}, not ${seen.slice(0, 8)}`;
  throw new StalePlanError(message, [], { remedy: `See what it does: sluice show ${id}.` });
}

/** To abort what is back already needs nothing more. */
function isWhatTheyWant(name: SignalName, { outcome }: DeploymentState): boolean {
  return name === 'abort' && (outcome === 'aborted' || outcome === 'rolled-back');
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
    const events = await storyOf(project, id);
    return (await resumeRollout(context, deployer, { id, events })).exitCode;
  });
}

async function sayWhetherObeyed(
  context: CommandContext,
  project: Project,
  id: string,
  signal: Signal,
  number: number,
): Promise<ExitCode> {
  const { signal: name } = signal;
  const deadline = Date.now() + OBEYED_WITHIN_MS;
  const story: DeploymentEvent[] = [];
  while (Date.now() < deadline) {
    for (const { event } of await project.journal.read(id, story.length)) {
      story.push(event);
      if (event.type !== 'signal-received' || event.id !== number) continue;
      const state = fold(id, story);
      if (event.refused !== undefined) throw cannot(name, state, event.refused);
      return sayObeyed(context, state, signal);
    }
    const last = story.at(-1);
    if (last?.type === 'deployment-finished') {
      const state = fold(id, story);
      if (isWhatTheyWant(name, state)) return sayDone(context, state, signal);
      throw cannot(name, state, `it has ended before: ${last.outcome}`);
    }
    await sleep(POLL_MS);
  }
  context.terminal.remark(
    `${id} has not taken the ${name} within ${OBEYED_WITHIN_MS / 1_000} s; it stays in its journal.`,
  );
  return EXIT.left;
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

function cannot(name: SignalName, state: DeploymentState, why: string): SignalRefusedError {
  return new SignalRefusedError(`cannot ${name} ${state.id}: ${why}`, { remedy: remedyFor(name, state) });
}
