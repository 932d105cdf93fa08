/** Time as everything that waits sees it: the real one, or a virtual one in tests. */
export interface Clock {
  /** Milliseconds since the epoch. It can jump: somebody sets the machine's clock, or the machine slept. */
  now(): number;
  /** Milliseconds since some moment, for how long things take: goes on evenly, whatever is done to `now`. */
  elapsed(): number;
  /** Calls back once after `delayMs`; the returned function takes it back. */
  schedule(delayMs: number, callback: () => void): () => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => Math.floor(performance.now()),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
