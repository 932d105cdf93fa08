/** Deployments that have not ended: finding them, and telling whether a controller looks after them. */
import type { DeploymentEvent } from '../domain/event.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import type { Journal, LeaseKey } from '../journal/journal.ts';
import { isHolderGone } from './holder.ts';

/** The deployment of the service that has not ended; `null` when all have. */
export async function unfinished(
  journal: Journal,
  { service, environment }: LeaseKey,
): Promise<DeploymentSummary | null> {
  const [left] = await journal.list({ service, environment, ended: false, limit: 1 });
  return left ?? null;
}

/** All that has happened in a deployment so far. */
export async function storyOf(journal: Journal, id: string): Promise<DeploymentEvent[]> {
  return (await journal.read(id)).map(({ event }) => event);
}

/** Whether a controller looks after the service at this moment, as far as can be told from here. */
export async function isAttended(journal: Journal, { service, environment }: LeaseKey): Promise<boolean> {
  const lease = await journal.lease({ service, environment });
  return lease !== null && lease.expiresAt > Date.now() && !isHolderGone(lease.holder);
}
