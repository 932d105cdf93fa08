/** Work that several ask for at the same time and that is done once. */
export class SharedWork {
  readonly #underWay = new Map<
    string,
    { readonly done: Promise<void>; readonly abort: AbortController; waiting: number }
  >();

  /**
   * Joins the work under this key, or begins it. Whoever's signal aborts leaves; the work itself is aborted
   * when nobody waits for it any more.
   */
  async join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    const shared = this.#underWay.get(key) ?? this.#begin(key, work);
    shared.waiting += 1;
    let leave = () => {};
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(signal.reason as Error);
    });
    signal.addEventListener('abort', leave, { once: true });
    try {
      await Promise.race([shared.done, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      shared.waiting -= 1;
      if (shared.waiting === 0) shared.abort.abort();
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<void>) {
    const abort = new AbortController();
    const done = work(abort.signal).finally(() => this.#underWay.delete(key));
    const shared = { done, abort, waiting: 0 };
    this.#underWay.set(key, shared);
    return shared;
  }
}
