/** Moments as people say them, kept true while the page is open. */
import { useSyncExternalStore } from 'react';
import { formatAgo, formatDateTime } from '../../../src/words/durations-text.ts';

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

/** The time, each second anew; one clock for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const told of listeners) told();
    }, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** `4 min ago`; exactly when, on pointing at it. */
export function Ago({ at }: { readonly at: number }) {
  const time = new Date(at).toISOString();
  return (
    <time dateTime={time} title={formatDateTime(at)}>
      {formatAgo(useNow() - at)}
    </time>
  );
}
