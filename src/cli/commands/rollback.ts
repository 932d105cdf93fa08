import type { Plan } from '../../domain/plan.ts';
import type { Release } from '../../domain/release.ts';
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
  const release =
    version === undefined ? await lastGoodRelease(deployer) : await deployer.history.byVersion(version);
  return deployer.plan(release, { ...allAtOnceSteps(), name: 'rollback' });
}

/** What completed last, when something else runs after a failure; when just that runs, the one before it. */
async function lastGoodRelease(deployer: ServiceDeployer): Promise<Release> {
  const { history } = deployer;
  const last = await history.last();
  const instances = await deployer.instances();
  return instances.some((instance) => instance.release !== last.id) ? last : history.before(last.id);
}
