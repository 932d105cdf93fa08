/** Plans of a rollback by hand: back to a release that is known to be good. */
import type { Plan } from '../domain/plan.ts';
import type { Release } from '../domain/release.ts';
import { ROLLBACK } from '../domain/release-line.ts';
import { allAtOnceSteps } from '../strategies/all-at-once.ts';
import type { ServiceDeployer } from './service-deployer.ts';

/** Back to a release that is known to be good: everything at once, still capacity before traffic. */
export async function planRollback(deployer: ServiceDeployer, version: string | undefined): Promise<Plan> {
  const release =
    version === undefined ? await lastGoodRelease(deployer) : await deployer.history.byVersion(version);
  return planBackTo(deployer, release);
}

export function planBackTo(deployer: ServiceDeployer, release: Release): Promise<Plan> {
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
