/**
 * Runs a deployment in the foreground: shows it while it goes, obeys Ctrl-C, and ends with one screen that
 * says what came of it.
 */
import type { DeploymentEvent, Signal } from '../domain/event.ts';
import { fold } from '../domain/evolve.ts';
import type { DeploymentState } from '../domain/state.ts';
import type { EngineOptions } from '../engine/engine.ts';
import { FencedError, LeaseHeldError, messageOf } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import { EndOfRollout } from '../project/end-of-rollout.ts';
import { holderName } from '../project/holder.ts';
import { whoami } from '../project/project.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { RolloutHistory } from '../words/rollout-history.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { obeyCtrlC } from './interrupt.ts';
import { outcomeJson } from './outcome-json.ts';
import { renderOutcome } from './render/outcome-text.ts';
import { openRolloutView } from './rollout-view.ts';
import { whoAsks } from './who.ts';

/** How a deployment is begun or taken up: with these engine options. */
type Begin = (options: EngineOptions) => Promise<DeploymentState>;

/** What came of a rollout. */
export interface RolloutResult {
  readonly exitCode: ExitCode;
  /** It ended as it did because of Ctrl-C, here. */
  readonly interrupted: boolean;
}

/** A deployment that is taken up, and its story so far. */
export interface TakenUp {
  readonly id: string;
  readonly events: readonly DeploymentEvent[];
}

interface RolloutOptions {
  /** How long the whole usually takes, in milliseconds; `null` when that is not known. */
  readonly estimateMs?: number | null;
  readonly takenUp?: TakenUp;
  /** The deployment that was aborted for this one. */
  readonly superseded?: string | null;
}

/** Goes on with a deployment that its controller has left. */
export function resumeRollout(
  context: CommandContext,
  deployer: ServiceDeployer,
  takenUp: TakenUp,
): Promise<RolloutResult> {
  return runRollout(context, deployer, (options) => deployer.resume(takenUp.id, options), { takenUp });
}

/** Runs it to its end. */
export async function runRollout(
  context: CommandContext,
  deployer: ServiceDeployer,
  begin: Begin,
  { estimateMs = null, takenUp, superseded = null }: RolloutOptions = {},
): Promise<RolloutResult> {
  const { journal } = await context.project();
  const by = whoAsks(context.options);
  const view = openRolloutView(context.terminal, { urls: [deployer.url], estimateMs, role: 'controller' });
  if (takenUp !== undefined) view.onEvents(takenUp.events, fold(takenUp.id, takenUp.events));
  const leaving = new AbortController();
  const leave = () => leaving.abort(new LeftError());
  let interrupted = false;
  const stopObeying = obeyCtrlC({
    once(how) {
      interrupted = true;
      if (view.state === null) leave();
      else void abort(journal, view.state, { by, reason: how }, (line) => view.remark(line));
    },
    twice: leave,
  });
  try {
    const history = new EndOfRollout(deployer, journal, (line) => context.terminal.remark(line));
    const options = {
      holder: holderName(whoami()),
      onEvents: view.onEvents,
      finish: history.prune,
      signal: leaving.signal,
    };
    const state = await begin(options);
    view.close();
    showOutcome(context, state, deployer, view.history, superseded);
    await history.sweep();
    return { exitCode: exitCodeOf(state), interrupted };
  } catch (error) {
    view.close();
    if (error instanceof LeftError) return { exitCode: sayLeft(context, view.state), interrupted };
    // Where another controller acts, it goes on without us.
    const isOthers = error instanceof LeaseHeldError || error instanceof FencedError;
    if (!isOthers) sayUnfinished(context, view.state);
    throw error;
  } finally {
    stopObeying();
    view.close();
  }
}

async function abort(
  journal: Journal,
  { id, direction, plan: { digest } }: DeploymentState,
  who: Pick<Signal, 'by' | 'reason'>,
  remark: (line: string) => void,
): Promise<void> {
  const what = direction === 'back' ? 'It is rolling back already.' : 'Aborting and rolling back.';
  remark(`${what} Ctrl-C again leaves it as it is; \`sluice resume\` then goes on.`);
  // What turned it back stays its cause.
  if (direction === 'back') return;
  try {
    await journal.signal(id, { signal: 'abort', digest, ...who }, Date.now());
  } catch (error) {
    remark(`It cannot be aborted: ${messageOf(error)}`);
  }
}

/** The person left: before anything was begun, or in the middle of it. */
function sayLeft({ terminal }: CommandContext, state: DeploymentState | null): ExitCode {
  if (state === null) {
    terminal.remark('Left before anything was begun.');
    return EXIT.aborted;
  }
  terminal.remark(`Left ${state.id} as it is. ${waysOn(state)}`);
  return EXIT.left;
}

/** An error that ends the command, but not the deployment, which can be taken up once it is mended. */
function sayUnfinished({ terminal }: CommandContext, state: DeploymentState | null): void {
  if (state === null || state.phase === 'ended') return;
  terminal.remark(`${state.id} stays in the middle. ${waysOn(state)}`);
}

function waysOn({ id }: DeploymentState): string {
  return `Go on with it: sluice resume ${id}. Take it back: sluice abort ${id}.`;
}

/** Prints what came of a deployment. */
export function showOutcome(
  { terminal }: Pick<CommandContext, 'terminal'>,
  state: DeploymentState,
  { url }: Pick<ServiceDeployer, 'url'>,
  history: RolloutHistory,
  superseded: string | null = null,
): void {
  if (terminal.json) {
    terminal.printJson({ ...outcomeJson(state), ...(superseded === null ? {} : { superseded }) });
    return;
  }
  const { paint, columns } = terminal;
  terminal.print(renderOutcome(state, { paint, columns, now: Date.now(), urls: [url], history }));
}

export function exitCodeOf({ outcome }: DeploymentState): ExitCode {
  switch (outcome) {
    case 'completed':
      return EXIT.ok;
    case 'rolled-back':
      return EXIT.rolledBack;
    case 'aborted':
      return EXIT.aborted;
    case 'failed':
      return EXIT.failed;
    case null:
      return EXIT.left;
  }
}

/** The person left; the deployment stays where it is. */
class LeftError extends Error {}
