import type { Clock } from '../../domain/clock.ts';

/** A request that waits until a backend has room for it. */
export interface Waiter {
  /** Goes if a backend has room, or gives up for good; false when it has to wait on. */
  tryToGo(): boolean;
  /** Its time to wait is over, or nobody is to wait any more. */
  giveUp(): void;
}

/** The bounded line, first come first served, of the requests of one service that wait for a backend. */
export class WaitingLine {
  readonly #clock: Clock;
  /** In the order of arrival, each with the function that takes its timer back. */
  readonly #waiters = new Map<Waiter, () => void>();
  #advancing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#waiters.size;
  }

  /** Stands in line for at most `timeoutMs`. */
  join(waiter: Waiter, timeoutMs: number): void {
    const cancel = this.#clock.schedule(timeoutMs, () => {
      this.#waiters.delete(waiter);
      waiter.giveUp();
    });
    this.#waiters.set(waiter, cancel);
  }

  leave(waiter: Waiter): void {
    this.#waiters.get(waiter)?.();
    this.#waiters.delete(waiter);
  }

  /** Lets go as many as can, from the front. To be called when a backend may have room. */
  advance(): void {
    if (this.#waiters.size === 0 || this.#advancing) return;
    this.#advancing = true;
    // Not at once: the caller may be inside undici's parser, which must not be entered again.
    queueMicrotask(() => {
      this.#advancing = false;
      for (const waiter of this.#waiters.keys()) {
        if (!waiter.tryToGo()) return;
        this.leave(waiter);
      }
    });
  }

  /** Sends everybody away as if their time were over. */
  dissolve(): void {
    for (const waiter of this.#waiters.keys()) {
      this.leave(waiter);
      waiter.giveUp();
    }
  }
}
