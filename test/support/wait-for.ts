import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** Default 20000: it is reached only where a test fails, and other tests run at the same time. */
  readonly timeoutMs?: number;
  /** Time between two tries. Default 20. */
  readonly intervalMs?: number;
}

/**
 * Asks again and again until the answer is neither `undefined`, `null` nor `false`, and returns it. A throw
 * counts as "not yet"; at the deadline it becomes the cause of the error. For what no event tells of.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeoutMs = 20_000, intervalMs = 20 }: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let thrown: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<T, undefined | null | false>;
      }
    } catch (error) {
      thrown = error;
    }
    if (performance.now() >= deadline)
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: thrown });
    await sleep(intervalMs);
  }
}
