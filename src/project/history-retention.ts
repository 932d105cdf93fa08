/** Keeps the history of a service to what its config says, and to what a rollback needs. */
import { type Expired, expired } from '../domain/retention.ts';
import type { Journal, Lease } from '../journal/journal.ts';
import type { ServiceDeployer } from './service-deployer.ts';

const ALL = Number.MAX_SAFE_INTEGER;

/** What may go, and of how many. */
export interface ExpiredHistory extends Expired {
  readonly of: { readonly deployments: number; readonly plans: number };
}

/**
 * What may go now. It looks at what runs: where that cannot be seen, it rejects.
 * @throws SupervisorError, JournalError
 */
export async function expiredHistory(
  deployer: ServiceDeployer,
  journal: Journal,
  now: number,
): Promise<ExpiredHistory> {
  const { key, service } = deployer;
  const [deployments, plans, instances] = await Promise.all([
    journal.list({ ...key, limit: ALL }),
    journal.savedPlans(key),
    deployer.instances(),
  ]);
  const running = new Set(instances.map((instance) => instance.release));
  const rules = { ...service.history, keepReleases: service.policy.keepReleases };
  const gone = expired({ deployments, plans, running }, rules, now);
  return { ...gone, of: { deployments: deployments.length, plans: plans.length } };
}

/**
 * Takes out of the journal what may go. Under the lease nothing begins or ends between the look and that;
 * the room that it took is freed by `Journal.sweep`.
 * @throws FencedError when the lease is another's by now: nothing was removed then
 */
export async function pruneHistory(
  deployer: ServiceDeployer,
  journal: Journal,
  lease: Lease,
  now: number,
): Promise<ExpiredHistory> {
  const gone = await expiredHistory(deployer, journal, now);
  if (gone.deployments.length + gone.plans.length > 0) {
    const removal = {
      deployments: gone.deployments.map(({ id }) => id),
      plans: gone.plans.map(({ digest }) => digest),
    };
    await journal.remove(removal, lease);
  }
  return gone;
}
