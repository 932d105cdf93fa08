/** Acting on a service without a deployment: under its lease, so that nobody deploys meanwhile. */
import { systemClock } from '../domain/clock.ts';
import { LeaseKeeper } from '../engine/lease-keeper.ts';
import { InvalidPlanStateError } from '../errors.ts';
import type { Journal, Lease, LeaseKey } from '../journal/journal.ts';
import { holderName, isHolderGone } from './holder.ts';
import { whoami } from './project.ts';
import { unfinished } from './unfinished.ts';

/**
 * Takes the lease for as long as `act` takes.
 * @param doing what others are told meanwhile
 * @throws LeaseHeldError
 */
export async function leased<T>(
  journal: Journal,
  { service, environment }: LeaseKey,
  doing: string,
  act: (lease: Lease) => Promise<T>,
): Promise<T> {
  const request = { service, environment, holder: holderName(whoami()), doing };
  const keeper = await LeaseKeeper.take(journal, systemClock, request, isHolderGone);
  try {
    return await act(keeper.lease);
  } finally {
    keeper.stop();
    await journal.release(keeper.lease);
  }
}

/**
 * The same, unless a deployment of the service is in the middle.
 * @throws LeaseHeldError, and InvalidPlanStateError while a deployment of the service has not ended
 */
export function holding<T>(
  journal: Journal,
  key: LeaseKey,
  doing: string,
  act: (lease: Lease) => Promise<T>,
): Promise<T> {
  return leased(journal, key, doing, async (lease) => {
    const left = await unfinished(journal, key);
    if (left === null) return act(lease);
    throw new InvalidPlanStateError(`${left.id} (${left.version}) has not ended`, left.phase, null, {
      remedy: `Go on with it first: sluice resume ${left.id}, or take it back: sluice abort ${left.id}.`,
    });
  });
}
