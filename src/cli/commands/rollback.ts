import type { EngineOptions } from '../../engine/engine.ts';
import { planBackTo, planRollback } from '../../project/rollback-plan.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { changesNothing } from '../../project/unchanged.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { ownTurn } from '../own-turn.ts';
import { runRollout } from '../rollout.ts';
import { namedService } from '../service-and-version.ts';
import { sayNothingChanges } from '../unchanged.ts';
import { whoAsks } from '../who.ts';

/** `sluice rollback [service] [version]` */
export async function rollback(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { service, version } = namedService(project, context.args);
  const deployer = await project.deployer(service, context.options.env);
  const by = whoAsks(context.options);
  const name = async () => nameOf(deployer, version);

  return ownTurn(context, deployer, { name }, async (superseded) => {
    // What was superseded is the release that is gone back from.
    const plan =
      superseded !== null && version === undefined
        ? await planBackTo(deployer, await deployer.history.last())
        : await planRollback(deployer, version);
    if (await changesNothing(plan, deployer)) return sayNothingChanges(context, plan, deployer);

    const begin = (options: EngineOptions) => deployer.execute(plan, by, options);
    return (await runRollout(context, deployer, begin, { superseded })).exitCode;
  });
}

async function nameOf(deployer: ServiceDeployer, version: string | undefined): Promise<string> {
  if (version === undefined) {
    // Where there is nothing to go back to, this says so.
    await deployer.history.last();
    return 'a rollback';
  }
  return `a rollback to ${(await deployer.history.byVersion(version)).version}`;
}
