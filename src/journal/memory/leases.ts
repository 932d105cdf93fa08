/**
 * The leases of the journal in memory, by service and environment.
 *
 * A lease is free, held or expired. Expired, it is still its holder's until another takes it over. Who takes
 * a free or an expired one gets the next epoch; who already has it keeps epoch and since.
 */
import type { AcquireRequest, Lease, LeaseKey } from '../journal.ts';
import { fenced, leaseHeld, wrongLease } from '../refusals.ts';

export class Leases {
  /** Those that somebody has, expired or not. */
  readonly #current = new Map<string, Lease>();
  /** The last epoch of each key: it outlives the lease, so that no epoch comes twice. */
  readonly #epochs = new Map<string, number>();

  current(key: LeaseKey): Lease | null {
    return this.#current.get(nameOf(key)) ?? null;
  }

  /** @throws LeaseHeldError when another holds it and it has not expired */
  acquire({ service, environment, holder, doing, now, ttlMs, gone }: AcquireRequest): Lease {
    const key = { service, environment };
    const held = this.current(key);
    const expiresAt = now + ttlMs;
    if (held?.holder === holder) return this.#keep({ ...held, doing, expiresAt });
    const isGone = held?.holder === gone?.holder && held?.epoch === gone?.epoch;
    if (held !== null && held.expiresAt > now && !isGone) {
      // It was taken before the time of day was set back: as if it had just been renewed.
      if (held.expiresAt > expiresAt) this.#keep({ ...held, expiresAt });
      throw leaseHeld(held);
    }
    const epoch = (this.#epochs.get(nameOf(key)) ?? 0) + 1;
    this.#epochs.set(nameOf(key), epoch);
    return this.#keep({ ...key, holder, epoch, since: now, expiresAt, doing });
  }

  /** @throws FencedError when it is no longer its holder's */
  renew(lease: Lease, now: number, ttlMs: number, doing: string | undefined): Lease {
    const held = this.#heldBy(lease);
    if (held === null) throw fenced(lease, this.current(lease));
    return this.#keep({ ...held, expiresAt: now + ttlMs, doing: doing ?? held.doing });
  }

  release(lease: Lease): void {
    if (this.#heldBy(lease) !== null) this.#current.delete(nameOf(lease));
  }

  /**
   * Passes when the lease is of this key and still its holder's; that it has expired does not matter.
   * @throws FencedError when another has taken it over, or it was given back
   */
  assertHeld(key: LeaseKey, lease: Lease): void {
    if (lease.service !== key.service || lease.environment !== key.environment) throw wrongLease(lease, key);
    if (this.#heldBy(lease) === null) throw fenced(lease, this.current(lease));
  }

  #heldBy(lease: Lease): Lease | null {
    const current = this.current(lease);
    return current?.epoch === lease.epoch && current.holder === lease.holder ? current : null;
  }

  #keep(lease: Lease): Lease {
    this.#current.set(nameOf(lease), lease);
    return lease;
  }
}

/** No name holds a zero byte, so that no two keys share a name. */
function nameOf(key: LeaseKey): string {
  return `${key.service}\0${key.environment}`;
}
