import type { Plan } from '../../domain/plan.ts';
import type { Release } from '../../domain/release.ts';
import { ROLLBACK } from '../../domain/release-line.ts';
import type { EngineOptions } from '../../engine/engine.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { allAtOnceSteps } from '../../strategies/all-at-once.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { ownTurn } from '../own-turn.ts';
import { runRollout } from '../rollout.ts';
import { namedService } from '../service-and-version.ts';
import { changesNothing, sayNothingChanges } from '../unchanged.ts';
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

/** Back to a release that is known to be good: everything at once, still capacity before traffic. */
export async function planRollback(deployer: ServiceDeployer, version: string | undefined): Promise<Plan> {
  const release =
    version === undefined ? await lastGoodRelease(deployer) : await deployer.history.byVersion(version);
  return planBackTo(deployer, release);
}

function planBackTo(deployer: ServiceDeployer, release: Release): Promise<Plan> {
  return deployer.plan(release, { ...allAtOnceSteps(), name: ROLLBACK });
}

/** The one before what completed last, where just that runs; else, also where nothing runs, what completed last. */
async function lastGoodRelease(deployer: ServiceDeployer): Promise<Release> {
  const { history } = deployer;
  const last = await history.last();
  // What cannot be reached does not say where to go back to.
  const { instances } = await deployer.look();
  const runsLast = instances.length > 0 && instances.every((instance) => instance.release === last.id);
  return runsLast ? history.before(last.id) : last;
}
