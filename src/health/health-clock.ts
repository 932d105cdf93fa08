import { setMaxListeners } from 'node:events';

/** Time as health checks see it; the engine's clock fits. */
export interface HealthClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `delayMs`, never before it returns; the returned function takes it back. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The real time. */
export const realTime: HealthClock = {
  now: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or as soon as the signal is aborted. */
export function pause(clock: HealthClock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = clock.schedule(delayMs, () => {
      stopListening();
      resolve();
    });
    const stopListening = onAbort(signal, () => {
      stopTimer();
      resolve();
    });
  });
}

/** Calls back when the signal is aborted, at once if it is already; the returned function takes it back. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  // One signal may stop a thousand checks: that is no leak to warn about.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', callback, { once: true });
  return () => signal.removeEventListener('abort', callback);
}
