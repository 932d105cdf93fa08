import type { Clock } from '../domain/clock.ts';
import { LeaseHeldError } from '../errors.ts';
import type { AcquireRequest, Journal, Lease } from '../journal/journal.ts';

/** A lease lives this long without a heartbeat: the longest that a controller holds others up which may be gone. */
export const LEASE_TTL_MS = 6_000;

/** Keeps a lease alive by renewing it three times in its life, and says when it is lost. */
export class LeaseKeeper {
  #lease: Lease;
  /** When it was asked for the last time, on the clock that cannot be set. */
  #askedAt: number;
  #stopTimer: (() => void) | null = null;
  #lost: { readonly reason: unknown } | null = null;
  #onLost: (reason: unknown) => void = () => {};
  readonly #journal: Journal;
  readonly #clock: Clock;

  private constructor(journal: Journal, clock: Clock, lease: Lease, askedAt: number) {
    this.#journal = journal;
    this.#clock = clock;
    this.#lease = lease;
    this.#askedAt = askedAt;
    this.#beatLater();
  }

  /**
   * Takes the lease, and keeps it from then on.
   * @param isGone whether a holder is known for certain to be gone: its lease is taken over at once; default: nobody is
   * @throws LeaseHeldError when another controller has it
   */
  static async take(
    journal: Journal,
    clock: Clock,
    request: Omit<AcquireRequest, 'now' | 'ttlMs' | 'gone'>,
    isGone: (holder: string) => boolean = () => false,
  ): Promise<LeaseKeeper> {
    const acquire = async (gone?: Lease) => {
      const askedAt = clock.elapsed();
      const asked = { ...request, now: clock.now(), ttlMs: LEASE_TTL_MS, ...(gone && { gone }) };
      return new LeaseKeeper(journal, clock, await journal.acquire(asked), askedAt);
    };
    try {
      return await acquire();
    } catch (error) {
      const held = error instanceof LeaseHeldError ? await journal.lease(request) : null;
      if (held === null || !isGone(held.holder)) throw error;
      return await acquire(held);
    }
  }

  /** Calls back once when the lease is lost, at once if it is already. */
  onLost(callback: (reason: unknown) => void): void {
    this.#onLost = callback;
    if (this.#lost !== null) callback(this.#lost.reason);
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** Whether nobody else can have it yet: by the time of day, which others go by, and by that which went by. */
  get isHeld(): boolean {
    if (this.#lost !== null || this.#clock.now() >= this.#lease.expiresAt) return false;
    return this.#clock.elapsed() < this.#askedAt + LEASE_TTL_MS;
  }

  /** Renews it now, as after the machine slept. Where that cannot be it is lost; never rejects. */
  async renew(): Promise<void> {
    try {
      const askedAt = this.#clock.elapsed();
      this.#lease = await this.#journal.renew(this.#lease, this.#clock.now(), LEASE_TTL_MS);
      this.#askedAt = askedAt;
    } catch (reason) {
      if (this.#lost !== null) return;
      this.#lost = { reason };
      this.#onLost(reason);
    }
  }

  /** Stops renewing; the lease itself stays until it is released or runs out. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
  }

  #beatLater(): void {
    this.#stopTimer = this.#clock.schedule(LEASE_TTL_MS / 3, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    await this.renew();
    if (this.#stopTimer !== null && this.#lost === null) this.#beatLater();
  }
}
