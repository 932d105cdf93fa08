/** Going on with a deployment that a controller left in the middle. */
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';
import { runRollout } from './rollout.ts';
import { isAttended, unfinished } from './unfinished.ts';

/**
 * A deployment whose controller is gone is brought to its end before a new one begins. One that somebody
 * looks after is left to them: the lease will say so.
 */
export async function finishWhatWasLeft(context: CommandContext, deployer: ServiceDeployer): Promise<void> {
  const project = await context.project();
  const left = await unfinished(project, deployer);
  if (left === null || (await isAttended(project, deployer))) return;
  context.terminal.remark(
    `${left.id} (${left.version}) was left in the middle: its controller is gone. Finishing it first.`,
  );
  await runRollout({ ...context, terminal: quietJson(context) }, deployer, (options) =>
    deployer.resume(left.id, options),
  );
}

/** One JSON document a command: what is finished on the way is not printed as another. */
function quietJson({ terminal }: CommandContext): CommandContext['terminal'] {
  return terminal.json ? { ...terminal, printJson() {} } : terminal;
}
