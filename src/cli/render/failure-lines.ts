/** Which failures of a step get a line of their own: the first few; of the others only how many there are. */
import { counted } from '../../words/words.ts';

const MOST_TOLD = 3;
/** Between two lines that count those that were not told. */
const COUNT_AGAIN_MS = 10_000;

export class FailureLines {
  #told = 0;
  #untold: { readonly since: number; readonly count: number; readonly last: string } | null = null;

  /** A new step: its first failures are told again. */
  begin(): void {
    this.#told = 0;
    this.#untold = null;
  }

  /** What to say of a failure, if anything. */
  failed(at: number, sentence: string): string | null {
    if (this.#told < MOST_TOLD) {
      this.#told++;
      return sentence;
    }
    const { since = at, count = 0 } = this.#untold ?? {};
    this.#untold = { since, count: count + 1, last: sentence };
    return at - since >= COUNT_AGAIN_MS ? this.count() : null;
  }

  /** How many were not told since the last time, if any. */
  count(): string | null {
    if (this.#untold === null) return null;
    const { count, last } = this.#untold;
    this.#untold = null;
    return count === 1 ? last : `${counted(count, 'more failure')}, the last one: ${last}`;
  }
}
