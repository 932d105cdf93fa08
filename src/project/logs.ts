/** Which logs a service has. */
import type { Journal } from '../journal/journal.ts';
import type { InstanceLog } from './fleet/fleet.ts';
import type { ServiceDeployer } from './service-deployer.ts';

export interface FoundLogs {
  readonly found: readonly InstanceLog[];
  /** Targets that could not be looked at, and why. */
  readonly unreachable: ReadonlyMap<string, Error>;
}

/** Of what runs now, and of the newest deployment, whose release may have been taken back already. */
export async function logsOf(journal: Journal, deployer: ServiceDeployer): Promise<FoundLogs> {
  const [newest] = await journal.list({ ...deployer.key, limit: 1 });
  const { instances, unreachable } = await deployer.look();
  const found = instances.map(({ target, release }): InstanceLog => ({ target, release }));
  for (const target of newest === undefined ? [] : deployer.fleet.targets) {
    const { release } = newest as { release: string };
    if (unreachable.has(target)) continue;
    if (!found.some((log) => log.target === target && log.release === release))
      found.push({ target, release });
  }
  return { found, unreachable };
}
