import type { Clock } from '../../../src/domain/clock.ts';

/** A clock that moves only when it is told to; what is due is called at once. */
export class StoppedClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const due = () => callback();
    this.#timers.set(due, this.#now + delayMs);
    return () => this.#timers.delete(due);
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [callback, at] of this.#timers) {
      if (at > this.#now) continue;
      this.#timers.delete(callback);
      callback();
    }
  }
}
