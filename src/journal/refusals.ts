/**
 * What the journal says when it refuses. Each function but `assertLimit` returns the error; its caller throws
 * it. The words are the same in every journal: the conformance suite compares them.
 */

import { holderInWords } from '../domain/holder.ts';
import {
  DeploymentNotFoundError,
  FencedError,
  InvalidInputError,
  JournalConflictError,
  LeaseHeldError,
} from '../errors.ts';
import type { Lease, LeaseKey } from './journal.ts';

/** Another controller holds the lease and it has not expired. */
export function leaseHeld(held: Lease): LeaseHeldError {
  return new LeaseHeldError(heldBy(held), held, {
    remedy: 'Wait until it has finished, or look at what it does with `sluice status`.',
  });
}

/** The caller's lease is not the one that stands now; `current` is `null` when nobody holds it. */
export function fenced(lease: Lease, current: Lease | null): FencedError {
  const now = current === null ? `nobody holds ${placeOf(lease)}` : heldBy(current);
  return new FencedError(
    `The lease of ${holderInWords(lease.holder)} (epoch ${lease.epoch}) is over: ${now}`,
    {
      remedy: 'Stop acting on this service; `sluice status` shows who carries on.',
    },
  );
}

/** The lease is of another service or environment than what it was used for. */
export function wrongLease(lease: Lease, used: LeaseKey): InvalidInputError {
  return new InvalidInputError(`A lease of ${placeOf(lease)} does not cover ${placeOf(used)}`, {
    remedy: `Acquire the lease of ${placeOf(used)}.`,
  });
}

/** Somebody appended since the caller last read. */
export function conflict(deployment: string, expectedSeq: number, lastSeq: number): JournalConflictError {
  return new JournalConflictError(
    `${deployment} was expected to end with event ${expectedSeq}, but it ends with event ${lastSeq}`,
    { remedy: 'Read the journal again and go on from its end.' },
  );
}

export function deploymentNotFound(deployment: string): DeploymentNotFoundError {
  return new DeploymentNotFoundError(`There is no deployment ${JSON.stringify(deployment)}`, {
    remedy: '`sluice history` lists the deployments.',
  });
}

/** The empty one is refused too, though any plan begins with it: it is more likely a variable not set. */
export function ambiguousPlan(digestPrefix: string): InvalidInputError {
  return new InvalidInputError(`${JSON.stringify(digestPrefix)} is not the beginning of just one plan`, {
    remedy: 'Give more of the digest that `sluice plan` printed.',
  });
}

/** What has not ended belongs to its controller. */
export function notEnded(deployment: string): InvalidInputError {
  return new InvalidInputError(`${deployment} has not ended, so it cannot be removed`, {
    remedy: 'Bring it to its end first: `sluice resume` or `sluice abort`.',
  });
}

/** @throws InvalidInputError unless a list can have so many of them */
export function assertLimit(limit: number | undefined, what: 'deployments' | 'events'): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) return;
  throw new InvalidInputError(`A list cannot be limited to ${limit} ${what}`, {
    remedy: 'Give a whole number that is not negative.',
  });
}

function heldBy(lease: Lease): string {
  const since = new Date(lease.since).toISOString();
  return `${holderInWords(lease.holder)} holds ${placeOf(lease)} since ${since}: ${lease.doing}`;
}

function placeOf(key: LeaseKey): string {
  return `${key.service} in ${key.environment}`;
}
