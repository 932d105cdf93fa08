import { once } from 'node:events';

/** Rejects with the signal's reason once it is aborted; what was begun goes on, and nobody waits for it. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const aborted = once(signal, 'abort', { signal: done.signal }).then((): never => {
    throw signal.reason instanceof Error ? signal.reason : new Error('nobody waits for it any more');
  });
  aborted.catch(() => {});
  work.catch(() => {});
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    done.abort();
  }
}
