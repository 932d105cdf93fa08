import type { Plan } from '../../domain/plan.ts';
import { currentReleases } from '../../engine/observe-fleet.ts';
import { whoami } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { allAtOnceSteps } from '../../strategies/all-at-once.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { runRollout } from '../rollout.ts';
import { namedService } from '../service-and-version.ts';
import { finishWhatWasLeft } from '../take-over.ts';
import { changesNothing, sayNothingChanges } from '../unchanged.ts';

/** `sluice rollback [service] [version]` */
export async function rollback(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { service, version } = namedService(project, context.args);
  const deployer = project.deployer(service, context.options.env);

  await finishWhatWasLeft(context, deployer);

  const plan = await planRollback(deployer, version);
  if (await changesNothing(plan, deployer)) return sayNothingChanges(context, plan, deployer);
  return runRollout(context, deployer, (options) => deployer.execute(plan, whoami(), options));
}

/** Back to a release that is known to be good: everything at once, still capacity before traffic. */
export async function planRollback(deployer: ServiceDeployer, version: string | undefined): Promise<Plan> {
  const { history } = deployer;
  const release =
    version === undefined
      ? await history.before(await currentRelease(deployer))
      : await history.byVersion(version);
  const strategy = allAtOnceSteps();
  return deployer.plan(release, { ...strategy, name: 'rollback' });
}

/** The release that most targets run; `null` when nothing runs. */
async function currentRelease(deployer: ServiceDeployer): Promise<string | null> {
  const counts = new Map<string, number>();
  for (const release of currentReleases(await deployer.instances()).values()) {
    counts.set(release, (counts.get(release) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}
