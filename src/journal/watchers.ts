/** Who wants to hear of what is committed to a journal: each at most once for all that is committed in one turn. */
export class Watchers {
  readonly #callbacks = new Set<() => void>();
  #isTold = false;

  get size(): number {
    return this.#callbacks.size;
  }

  /** @returns takes it back */
  add(callback: () => void): () => void {
    // One of its own, so that a callback that is given twice can be taken back once.
    const own = () => callback();
    this.#callbacks.add(own);
    return () => this.#callbacks.delete(own);
  }

  /** Calls back once what runs now is done. */
  tell(): void {
    if (this.#isTold || this.#callbacks.size === 0) return;
    this.#isTold = true;
    queueMicrotask(() => {
      this.#isTold = false;
      for (const callback of this.#callbacks) callback();
    });
  }
}
