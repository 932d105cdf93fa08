import { InvalidPlanStateError, LeaseHeldError } from '../../errors.ts';
import type { Journal, LeaseKey } from '../../journal/journal.ts';
import { leaseHeld } from '../../journal/refusals.ts';
import { isHolderGone } from '../../project/holder.ts';
import { unfinished } from '../../project/unfinished.ts';

/**
 * Refuses what would have to wait, before anything is looked at or made for it.
 * @throws LeaseHeldError while a controller acts on the service, InvalidPlanStateError while a deployment is in the middle
 */
export async function refuseBusy(journal: Journal, key: LeaseKey): Promise<void> {
  const [lease, left] = await Promise.all([journal.lease(key), unfinished(journal, key)]);
  const whose = left === null ? '' : `${left.id} (${left.version}) was begun by ${left.by}. `;
  if (lease !== null && lease.expiresAt > Date.now() && !isHolderGone(lease.holder)) {
    const ways =
      left === null ? 'Try again in a moment.' : `Let it finish first, or take it back: abort ${left.id}.`;
    throw new LeaseHeldError(leaseHeld(lease).message, lease, { remedy: `${whose}${ways}` });
  }
  if (left === null) return;
  throw new InvalidPlanStateError(`${left.id} (${left.version}) has not ended`, left.phase, null, {
    remedy: `${whose}Go on with it first: resume ${left.id}, or take it back: abort ${left.id}.`,
  });
}
