/**
 * `--supersede`: the deployment in the way is aborted, and one's own begins once it is back. Only the one that
 * the person could see: who comes between is not aborted for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fold } from '../domain/evolve.ts';
import type { DeploymentState } from '../domain/state.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import { InvalidInputError, InvalidPlanStateError, LeaseHeldError } from '../errors.ts';
import { leaseHeld } from '../journal/refusals.ts';
import type { Project } from '../project/project.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import { isAttended, storyOf, unfinished } from '../project/unfinished.ts';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { inTurn } from './in-turn.ts';
import { resumeRollout } from './rollout.ts';
import { quietJson } from './take-over.ts';
import { whoAsks } from './who.ts';

/** Whoever has just got the lease has this long to begin a deployment that can be aborted. */
const BEGINS_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 250;

/** What is to take the place of the other. */
export interface Successor {
  /** What it is called, such as its version. Where that rejects, nothing has been aborted. */
  readonly name: () => Promise<string>;
  /** Throws where it could not follow the one that is in the way. */
  readonly mayFollow?: (left: DeploymentState) => void;
}

export interface Superseded {
  readonly id: string;
  /** Of the whole command, where the person ended it with Ctrl-C; else `null`. */
  readonly exitCode: ExitCode | null;
}

/**
 * Aborts what is in the way and waits until it is back; `null` when nothing was.
 * @throws InvalidPlanStateError when it could not be brought back, and what `successor` throws
 */
export async function supersede(
  context: CommandContext,
  deployer: ServiceDeployer,
  successor: Successor,
): Promise<Superseded | null> {
  const project = await context.project();
  const left = await whatIsInTheWay(project, deployer);
  if (left === null) return null;
  const { id, version, by } = left;
  const name = await successor.name();
  const state = fold(id, await storyOf(project.journal, id));
  successor.mayFollow?.(state);
  const abort = { signal: 'abort', by: whoAsks(context.options), digest: state.plan.digest } as const;
  await project.journal.signal(id, { ...abort, reason: `superseded by ${name}` }, Date.now());
  context.terminal.remark(
    `Superseding ${id} (${version}, by ${by}): it is aborted, and ${name} begins once it is back. ` +
      'Ctrl-C until then begins nothing, and the abort stands.',
  );
  const exitCode = await untilBack(context, deployer, id);
  if (exitCode !== null) return { id, exitCode };
  const ended = await project.journal.summary(id);
  if (ended.outcome === 'failed') {
    throw new InvalidPlanStateError(
      `${id} (${version}) could not be brought back: ${ended.reason}`,
      'failed',
      null,
      {
        remedy: `Nothing of ${name} was begun. See what runs: sluice status. The whole story: sluice show ${id}.`,
      },
    );
  }
  if (ended.outcome === 'completed')
    context.terminal.remark(`${id} had completed before it could be aborted.`);
  return { id, exitCode: null };
}

/** Throws `InvalidPlanStateError` when somebody else has begun one after the one that was superseded. */
export async function refuseOvertaken(
  project: Project,
  deployer: ServiceDeployer,
  id: string,
): Promise<void> {
  const [newest] = await project.journal.list({ ...deployer.key, limit: 1 });
  if (newest === undefined || newest.id === id) return;
  const { version, by, phase } = newest;
  const message = `${newest.id} (${version}, by ${by}) was begun once ${id} had been superseded`;
  throw new InvalidPlanStateError(message, phase, null, {
    remedy: `Look at it first: sluice show ${newest.id}. --supersede once more would take its place too.`,
  });
}

/** The deployment under way. Who holds the lease without one, such as to begin one, is given a moment. */
async function whatIsInTheWay(
  project: Project,
  deployer: ServiceDeployer,
): Promise<DeploymentSummary | null> {
  const deadline = Date.now() + BEGINS_WITHIN_MS;
  for (;;) {
    const left = await unfinished(project.journal, deployer.key);
    if (left !== null || !(await isAttended(project.journal, deployer.key))) return left;
    const lease = await project.journal.lease(deployer.key);
    if (lease !== null && Date.now() > deadline) throw leaseHeld(lease);
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Until it has ended and its controller has let go; where it has none, it is brought back here. */
async function untilBack(
  context: CommandContext,
  deployer: ServiceDeployer,
  id: string,
): Promise<ExitCode | null> {
  const project = await context.project();
  const holder = (await project.journal.lease(deployer.key))?.holder;
  for (;;) {
    const { phase } = await project.journal.summary(id);
    const attended = await isAttended(project.journal, deployer.key);
    const lease = await project.journal.lease(deployer.key);
    if (phase === 'ended' && (!attended || lease?.holder !== holder)) return null;
    if (phase !== 'ended' && !attended) {
      const exitCode = await bringBack(context, deployer, id);
      if (exitCode !== null) return exitCode;
    } else await sleep(LOOK_AGAIN_MS);
  }
}

async function bringBack(
  context: CommandContext,
  deployer: ServiceDeployer,
  id: string,
): Promise<ExitCode | null> {
  const project = await context.project();
  const quiet = { ...context, terminal: quietJson(context) };
  try {
    return await inTurn(quiet, deployer, async () => {
      const events = await storyOf(project.journal, id);
      const { exitCode, interrupted } = await resumeRollout(quiet, deployer, { id, events });
      return interrupted ? exitCode : null;
    });
  } catch (error) {
    // Somebody else brings it back.
    if (error instanceof LeaseHeldError) return null;
    throw error;
  }
}

/** The two say the opposite of what is to become of the other. */
export function refuseBoth({ options }: CommandContext): void {
  if (options.supersede !== true || options.wait !== true) return;
  throw new InvalidInputError('--wait and --supersede contradict each other', {
    remedy: 'Let the other deployment finish with --wait, or take it back with --supersede.',
  });
}
