import type { Intent, OperationContext } from '../domain/operation.ts';

/** An operation under way. The signal is made when it is first asked for: most operations never do. */
export class OperationHandle implements OperationContext {
  readonly intent: Intent;
  #controller: AbortController | null = null;
  #cancelled = false;

  constructor(intent: Intent) {
    this.intent = intent;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort();
    return this.#controller.signal;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort();
  }
}
