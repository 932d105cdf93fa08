/**
 * Changes that come while one is being made wait for it and are then made as one, because each costs the load
 * balancer a reload, whatever is in it.
 */
export type Edit<Value> = (value: Value) => Value;

interface Batch<Value> {
  readonly waiting: { readonly edit: Edit<Value>; readonly signal: AbortSignal }[];
  readonly done: Promise<void>;
}

export class GatheredChanges<Value> {
  readonly #apply: (edit: Edit<Value>, signal: AbortSignal) => Promise<void>;
  /** The one that has not begun. */
  #next: Batch<Value> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** @param apply makes one change; its signal is aborted when nobody wants it any more */
  constructor(apply: (edit: Edit<Value>, signal: AbortSignal) => Promise<void>) {
    this.#apply = apply;
  }

  /** Resolves when the change is made; rejects as the one does that it was made with, or with the signal's reason. */
  async change(edit: Edit<Value>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#next ??= this.#begin();
    this.#next.waiting.push({ edit, signal });
    await unlessAborted(this.#next.done, signal);
  }

  #begin(): Batch<Value> {
    const waiting: Batch<Value>['waiting'] = [];
    const done = this.#last.then(async () => {
      this.#next = null;
      const wanted = waiting.filter(({ signal }) => !signal.aborted);
      if (wanted.length === 0) return;
      const all = (value: Value) => wanted.reduce((made, { edit }) => edit(made), value);
      const end = new AbortController();
      const stopLooking = whenAllAre(
        wanted.map(({ signal }) => signal),
        (reason) => end.abort(reason),
      );
      await this.#apply(all, end.signal).finally(stopLooking);
    });
    this.#last = done.catch(() => {});
    return { waiting, done };
  }
}

/** Calls when all of them are aborted; returns what ends that. */
function whenAllAre(signals: readonly AbortSignal[], call: (reason: unknown) => void): () => void {
  const look = () => {
    if (signals.every((signal) => signal.aborted)) call(signals[0]?.reason);
  };
  for (const signal of signals) signal.addEventListener('abort', look);
  return () => {
    for (const signal of signals) signal.removeEventListener('abort', look);
  };
}

function unlessAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    done.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
