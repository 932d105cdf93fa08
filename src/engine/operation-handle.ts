import type { Clock } from '../domain/clock.ts';
import type { Intent, LeaseStamp, OperationContext } from '../domain/operation.ts';
import { OperationError } from '../errors.ts';
import type { LeaseKeeper } from './lease-keeper.ts';

/**
 * An operation under way. Its signal is aborted at its deadline, or when it is no longer wanted; it is made
 * only when it is asked for, as most operations never do.
 */
export class OperationHandle implements OperationContext {
  readonly intent: Intent;
  readonly #clock: Clock;
  /** Milliseconds since the epoch. */
  readonly #deadline: number;
  readonly #keeper: LeaseKeeper;
  #controller: AbortController | null = null;
  #stopTimer: (() => void) | null = null;
  #cancelled = false;

  constructor(intent: Intent, clock: Clock, deadline: number, keeper: LeaseKeeper) {
    this.intent = intent;
    this.#clock = clock;
    this.#deadline = deadline;
    this.#keeper = keeper;
  }

  /** To be called between looking and acting: rejects when it is not to be done any more, or not by us. */
  async assertWanted(): Promise<void> {
    if (!this.#keeper.isHeld) await this.#keeper.renew();
    if (!this.#keeper.isHeld) throw new OperationError('the lease ran out before it could be done');
    if (this.signal.aborted) throw new OperationError('it was given up before it could be done');
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort();
      else this.#stopTimer = this.#clock.schedule(this.#deadline - this.#clock.now(), () => this.cancel());
    }
    return this.#controller.signal;
  }

  get lease(): LeaseStamp {
    return this.#keeper.lease;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#stopTimer?.();
    this.#controller?.abort();
  }

  /** It has ended: there is nothing to cancel any more. */
  settled(): void {
    this.#stopTimer?.();
  }
}
