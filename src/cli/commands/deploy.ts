import { whoami } from '../../project/project.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { runRollout } from '../rollout.ts';
import { namedService, releaseFor } from '../service-and-version.ts';
import { finishWhatWasLeft } from '../take-over.ts';
import { changesNothing, sayNothingChanges } from '../unchanged.ts';

/** `sluice deploy [service] [version]` */
export async function deploy(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { service, version } = namedService(project, context.args);
  const deployer = project.deployer(service, context.options.env);

  await finishWhatWasLeft(context, deployer);

  const release = await releaseFor(deployer, version);
  const plan = await deployer.plan(release);
  if (await changesNothing(plan, deployer)) return sayNothingChanges(context, plan, deployer);

  const estimateMs = await deployer.history.usualDurationMs(plan.strategy.name, plan.targets.length);
  return runRollout(context, deployer, (options) => deployer.execute(plan, whoami(), options), estimateMs);
}
