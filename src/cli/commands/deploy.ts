import type { EngineOptions } from '../../engine/engine.ts';
import { releaseFor } from '../../project/release-for.ts';
import { changesNothing } from '../../project/unchanged.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { ownTurn } from '../own-turn.ts';
import { runRollout } from '../rollout.ts';
import { namedService } from '../service-and-version.ts';
import { sayNothingChanges } from '../unchanged.ts';
import { whoAsks } from '../who.ts';

/** `sluice deploy [service] [version]` */
export async function deploy(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { service, version } = namedService(project, context.args);
  const deployer = await project.deployer(service, context.options.env);
  const by = whoAsks(context.options);
  const name = async () => (await releaseFor(deployer, version)).version;

  return ownTurn(context, deployer, { name }, async (superseded) => {
    const release = await releaseFor(deployer, version);
    const plan = await deployer.plan(release);
    if (await changesNothing(plan, deployer)) return sayNothingChanges(context, plan, deployer);

    const estimateMs = await deployer.history.usualDurationMs(plan);
    const begin = (options: EngineOptions) => deployer.execute(plan, by, options);
    return (await runRollout(context, deployer, begin, { estimateMs, superseded })).exitCode;
  });
}
