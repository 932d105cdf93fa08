/**
 * Runs a deployment in the foreground: shows it while it goes, obeys Ctrl-C, waits for leases that will
 * come free, and ends with one screen that says what came of it.
 */
import type { DeploymentState } from '../domain/state.ts';
import type { EngineOptions } from '../engine/engine.ts';
import { FencedError, LeaseHeldError } from '../errors.ts';
import { whoami } from '../project/project.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { holderName, isHolderGone } from './holder.ts';
import { obeyCtrlC } from './interrupt.ts';
import { outcomeJson } from './outcome-json.ts';
import { renderOutcome } from './render/outcome-text.ts';
import { openRolloutView } from './rollout-view.ts';

const TRY_AGAIN_MS = 250;

/** How a deployment is begun or taken up: with these engine options. */
type Begin = (options: EngineOptions) => Promise<DeploymentState>;

/** Runs it to its end, and resolves with the exit code of its outcome. */
export async function runRollout(
  context: CommandContext,
  deployer: ServiceDeployer,
  begin: Begin,
  estimateMs: number | null = null,
): Promise<ExitCode> {
  const { terminal } = context;
  const view = openRolloutView(terminal, { urls: [deployer.url], estimateMs, role: 'controller' });
  const project = await context.project();
  const leaving = new AbortController();
  const stopObeying = obeyCtrlC({
    abort: async () => {
      const { state } = view;
      if (state === null) return;
      await project.journal.signal(state.id, { signal: 'abort', by: whoami(), reason: 'Ctrl-C' }, Date.now());
    },
    leave: () => leaving.abort(new LeftError()),
    remark: (line) => view.remark(line),
  });
  try {
    const options = { holder: holderName(), onEvents: view.onEvents, signal: leaving.signal };
    const state = await withLease(
      context,
      () => begin(options),
      (line) => view.remark(line),
    );
    view.close();
    showOutcome(context, state, deployer);
    return exitCodeOf(state);
  } catch (error) {
    view.close();
    if (!(error instanceof LeftError)) throw error;
    const id = view.state?.id ?? '';
    terminal.remark(
      `Left ${id} as it is. Go on with it: sluice resume ${id}. Take it back: sluice abort ${id}.`,
    );
    return EXIT.left;
  } finally {
    stopObeying();
    view.close();
  }
}

/** Prints what came of a deployment. */
export function showOutcome(
  { terminal }: CommandContext,
  state: DeploymentState,
  deployer: ServiceDeployer,
): void {
  if (terminal.json) {
    terminal.printJson(outcomeJson(state));
    return;
  }
  const { paint, columns } = terminal;
  terminal.print(renderOutcome(state, { paint, columns, now: Date.now(), urls: [deployer.url] }));
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

/**
 * A controller that was killed keeps its lease until it runs out, a few seconds: that is waited for. One
 * that lives is waited for with `--wait`, and else reported.
 */
async function withLease<T>(
  { options }: CommandContext,
  act: () => Promise<T>,
  remark: (line: string) => void,
): Promise<T> {
  let said: string | null = null;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof LeaseHeldError) || error instanceof FencedError) throw error;
      const gone = isHolderGone(error.holder);
      if (!gone && options.wait !== true) throw error;
      const line = gone
        ? `The controller ${error.holder} is gone; its lease runs out in a few seconds.`
        : `Waiting for ${error.holder}, ${error.doing}.`;
      if (line !== said) remark(line);
      said = line;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

/** The person left; the deployment stays where it is. */
class LeftError extends Error {}
