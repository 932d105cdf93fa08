/**
 * The leases of the journal in SQLite, by service and environment. What writes runs inside the transaction
 * of its caller.
 *
 * A lease is free, held or expired. Expired, it is still its holder's until another takes it over. Who takes
 * a free or an expired one gets the next epoch; who already has it keeps epoch and since. A released lease
 * keeps its row, so that no epoch comes twice.
 */
import type { Database, Statement } from 'better-sqlite3';
import type { LeaseHeldError } from '../../errors.ts';
import type { AcquireRequest, Lease, LeaseKey } from '../journal.ts';
import { fenced, leaseHeld, wrongLease } from '../refusals.ts';

const LEASE = 'service, environment, holder, epoch, since, expires_at AS expiresAt, doing';

/** One that was taken before the time of day was set back: as if it had just been renewed. */
const SHORTEN = `
  UPDATE lease SET expires_at = @now + @ttlMs
  WHERE service = @service AND environment = @environment AND released = 0 AND expires_at > @now + @ttlMs`;

const ACQUIRE = `
  INSERT INTO lease (service, environment, holder, epoch, since, expires_at, doing, released)
  VALUES (@service, @environment, @holder, 1, @now, @now + @ttlMs, @doing, 0)
  ON CONFLICT (service, environment) DO UPDATE SET
    epoch = iif(lease.released = 0 AND lease.holder = excluded.holder, lease.epoch, lease.epoch + 1),
    since = iif(lease.released = 0 AND lease.holder = excluded.holder, lease.since, excluded.since),
    holder = excluded.holder,
    expires_at = excluded.expires_at,
    doing = excluded.doing,
    released = 0
  WHERE lease.released = 1 OR lease.holder = excluded.holder OR lease.expires_at <= @now
    OR (lease.holder = @goneHolder AND lease.epoch = @goneEpoch)
  RETURNING ${LEASE}`;

interface Taking extends AcquireRequest {
  /** `null` when nobody is known to be gone: equal to nothing. */
  readonly goneHolder: string | null;
  readonly goneEpoch: number | null;
}

interface Renewal extends LeaseKey {
  readonly expiresAt: number;
  /** `null` leaves it as it is. */
  readonly doing: string | null;
}

export class Leases {
  readonly #current: Statement<[LeaseKey], Lease>;
  readonly #acquire: Statement<[Taking], Lease>;
  readonly #shorten: Statement<[AcquireRequest]>;
  readonly #renew: Statement<[Renewal], Lease>;
  readonly #release: Statement<[Lease]>;

  constructor(db: Database) {
    const byKey = 'service = @service AND environment = @environment';
    this.#current = db.prepare(`SELECT ${LEASE} FROM lease WHERE ${byKey} AND released = 0`);
    this.#acquire = db.prepare(ACQUIRE);
    this.#shorten = db.prepare(SHORTEN);
    this.#renew = db.prepare(
      `UPDATE lease SET expires_at = @expiresAt, doing = coalesce(@doing, doing) WHERE ${byKey} RETURNING ${LEASE}`,
    );
    this.#release = db.prepare(
      `UPDATE lease SET released = 1 WHERE ${byKey} AND holder = @holder AND epoch = @epoch`,
    );
  }

  current(key: LeaseKey): Lease | null {
    return this.#current.get(key) ?? null;
  }

  /** The lease; the error to throw, once that is committed, when another holds it and it has not expired. */
  acquire(request: AcquireRequest): Lease | LeaseHeldError {
    const { gone } = request;
    const taken = { goneHolder: gone?.holder ?? null, goneEpoch: gone?.epoch ?? null };
    const acquired = this.#acquire.get({ ...request, ...taken });
    if (acquired !== undefined) return acquired;
    this.#shorten.run(request);
    return leaseHeld(this.current(request)!);
  }

  /** @throws FencedError when it is no longer its holder's */
  renew(lease: Lease, now: number, ttlMs: number, doing: string | undefined): Lease {
    this.assertHeld(lease, lease);
    const { service, environment } = lease;
    return this.#renew.get({ service, environment, expiresAt: now + ttlMs, doing: doing ?? null })!;
  }

  release(lease: Lease): void {
    this.#release.run(lease);
  }

  /**
   * Passes when the lease is of this key and still its holder's; that it has expired does not matter.
   * @throws FencedError when another has taken it over, or it was given back
   */
  assertHeld(key: LeaseKey, lease: Lease): void {
    if (lease.service !== key.service || lease.environment !== key.environment) throw wrongLease(lease, key);
    const current = this.current(lease);
    if (current?.epoch !== lease.epoch || current.holder !== lease.holder) throw fenced(lease, current);
  }
}
