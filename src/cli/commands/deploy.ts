import type { EngineOptions } from '../../engine/engine.ts';
import { whoami } from '../../project/project.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { inTurn } from '../in-turn.ts';
import { runRollout } from '../rollout.ts';
import { namedService, releaseFor } from '../service-and-version.ts';
import { finishWhatWasLeft } from '../take-over.ts';
import { changesNothing, sayNothingChanges } from '../unchanged.ts';

/** `sluice deploy [service] [version]` */
export async function deploy(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { service, version } = namedService(project, context.args);
  const deployer = project.deployer(service, context.options.env);

  return inTurn(context, deployer, async () => {
    const interrupted = await finishWhatWasLeft(context, deployer);
    if (interrupted !== null) return interrupted;

    const release = await releaseFor(deployer, version);
    const plan = await deployer.plan(release);
    if (await changesNothing(plan, deployer)) return sayNothingChanges(context, plan, deployer);

    const estimateMs = await deployer.history.usualDurationMs(plan);
    const begin = (options: EngineOptions) => deployer.execute(plan, whoami(), options);
    return (await runRollout(context, deployer, begin, { estimateMs })).exitCode;
  });
}
