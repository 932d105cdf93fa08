import type { Clock } from '../domain/clock.ts';
import type { Journal, Lease } from '../journal/journal.ts';

/** A lease lives this long without a heartbeat: the longest that a killed controller holds others up. */
export const LEASE_TTL_MS = 6_000;

/** Keeps a lease alive by renewing it three times in its life, and says when it is lost. */
export class LeaseKeeper {
  #lease: Lease;
  #stopTimer: (() => void) | null = null;
  #lost: { readonly reason: unknown } | null = null;
  #onLost: (reason: unknown) => void = () => {};
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor(journal: Journal, clock: Clock, lease: Lease) {
    this.#journal = journal;
    this.#clock = clock;
    this.#lease = lease;
    this.#beatLater();
  }

  /** Calls back once when the lease is lost, at once if it is already. */
  onLost(callback: (reason: unknown) => void): void {
    this.#onLost = callback;
    if (this.#lost !== null) callback(this.#lost.reason);
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** By our own clock: whether nobody else can have it yet. */
  get isHeld(): boolean {
    return this.#clock.now() < this.#lease.expiresAt;
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
    try {
      this.#lease = await this.#journal.renew(this.#lease, this.#clock.now(), LEASE_TTL_MS);
      if (this.#stopTimer !== null) this.#beatLater();
    } catch (reason) {
      this.#lost = { reason };
      this.#onLost(reason);
    }
  }
}
