import { OperationError } from '../../errors.ts';
import type { CallName, Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The longest that a slow call is late. */
const LONGEST_DELAY_MS = 4_000;

export interface Call {
  readonly name: CallName;
  readonly target: string | null;
  /** Release id. */
  readonly release: string | null;
}

/** Who calls: a controller, which can be gone before the call has arrived. */
export interface Caller {
  readonly name: string;
  readonly isGone: boolean;
}

/**
 * The way from a controller to the world and back: a call takes time each way, and the faults of the
 * simulation strike here. A caller that gives up hears so at once, whether its call has arrived or not.
 */
export class Wire {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #longestMs: number;

  /** @param longestMs the longest that a call takes one way */
  constructor(clock: VirtualClock, random: Random, faults: Faults, longestMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#longestMs = longestMs;
  }

  /** Does `work` in the world at the time at which the call arrives; resolves with its answer. */
  async call<T>(
    caller: Caller,
    { name, target, release }: Call,
    signal: AbortSignal,
    work: () => T,
  ): Promise<T> {
    const fault = this.#faults.strike(name, target, release);
    // A call that is under way when its caller dies has left the machine by then, or it has not.
    const diesWithCaller = this.#random.chance(0.5);
    // Some calls do not heed that they are given up: they arrive, and answer or hang, all the same.
    const heeded = this.#random.chance(0.1) ? null : signal;
    await this.#travel(heeded);
    if (fault === 'slow') await this.#travel(heeded, LONGEST_DELAY_MS);
    if (caller.isGone && diesWithCaller) return new Promise(() => {});
    if (fault === 'fails') throw new OperationError(`${name}: simulated failure`);
    if (fault === 'hangs') return until(heeded);
    const answer = work();
    if (fault === 'hangs-after') return until(heeded);
    await this.#travel(heeded);
    if (fault === 'reply-lost') throw new OperationError(`${name}: simulated loss of the answer`);
    return answer;
  }

  #travel(signal: AbortSignal | null, longestMs = this.#longestMs): Promise<void> {
    const delayMs = this.#random.int(1, longestMs);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(givenUp());
      const cancel = this.#clock.schedule(delayMs, () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      });
      const giveUp = (): void => {
        cancel();
        reject(givenUp());
      };
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}

/** No answer until the caller gives up, or ever, where that is not heeded. */
function until(signal: AbortSignal | null): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal === null) return;
    if (signal.aborted) reject(givenUp());
    else signal.addEventListener('abort', () => reject(givenUp()), { once: true });
  });
}

function givenUp(): OperationError {
  return new OperationError('the caller gave up');
}
