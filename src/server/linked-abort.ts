/**
 * Aborted with the first of two signals. Unlike `AbortSignal.any` it leaves nothing behind at a signal that lives as
 * long as the server, once it is disposed of or aborted.
 */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #abort = () => {
    this[Symbol.dispose]();
    this.#controller.abort();
  };

  constructor(...sources: readonly [AbortSignal, AbortSignal]) {
    this.#sources = sources;
    for (const source of sources) {
      source.addEventListener('abort', this.#abort, { once: true });
      if (source.aborted) this.#abort();
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#abort);
  }
}
