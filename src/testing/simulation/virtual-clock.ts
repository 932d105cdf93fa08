import type { Clock } from '../../domain/clock.ts';

interface Timer {
  readonly at: number;
  /** Timers of the same moment fire in the order in which they were scheduled. */
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** Turns of the event loop after which whatever a timer set off waits for another timer, or for nothing. */
const TURNS_TO_SETTLE = 2;

/**
 * Time that moves only when it is told to, for tests of whatever is given a clock. An hour passes in as
 * long as it takes to do what happens in it; promises and `setImmediate` need no help in between.
 */
export class VirtualClock implements Clock {
  #elapsed = 0;
  /** What is added to `elapsed` for the time of day. */
  #offset: number;
  #order = 0;
  /** The next one last. */
  readonly #timers: Timer[] = [];

  /** @param now milliseconds since the epoch at the beginning; default 0 */
  constructor(now = 0) {
    this.#offset = now;
  }

  now(): number {
    return this.#offset + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Somebody sets the time of day: timers go on as they were. */
  jump(byMs: number): void {
    this.#offset += byMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = {
      at: this.#elapsed + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      cancelled: false,
    };
    this.#insert(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Resolves after `delayMs` of virtual time. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.schedule(delayMs, resolve));
  }

  /** Lets `ms` pass: each timer fires at its time, and what it sets off has settled before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await this.runUntil(() => false, end);
    this.#elapsed = end;
  }

  /**
   * Lets time pass until `isDone`, asked after each timer, says so; resolves with true then. False when the
   * next timer is later than `limit` (as `elapsed` counts), or there is none.
   */
  async runUntil(isDone: () => boolean, limit: number): Promise<boolean> {
    for (;;) {
      await settle();
      if (isDone()) return true;
      const next = this.#next(limit);
      if (next === null) return false;
      this.#elapsed = next.at;
      next.callback();
    }
  }

  #next(limit: number): Timer | null {
    for (;;) {
      const next = this.#timers.at(-1);
      if (next === undefined || (next.at > limit && !next.cancelled)) return null;
      this.#timers.pop();
      if (!next.cancelled) return next;
    }
  }

  #insert(timer: Timer): void {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isLater(this.#timers[middle] as Timer, timer)) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }
}

function isLater(one: Timer, other: Timer): boolean {
  return one.at > other.at || (one.at === other.at && one.order > other.order);
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn++) await new Promise((resolve) => setImmediate(resolve));
}
