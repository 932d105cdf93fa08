/** What lies between the two marks of a script on one of its outputs, however the bytes arrive. */

export interface Marked {
  readonly output: Buffer;
  /** The rest of the line of the end mark. */
  readonly end: string;
}

const LINE_END = 0x0a;

export class MarkedOutput {
  /** What came before the start mark: the words of a login shell, or of ssh itself. */
  before: Buffer = Buffer.alloc(0);
  /** Bytes between the marks so far. */
  bytes = 0;
  readonly #start: Buffer;
  readonly #end: Buffer;
  readonly #chunks: Buffer[] = [];
  #state: 'before' | 'inside' | 'ending' | 'ended' = 'before';
  /** Taken in, but perhaps the beginning of a mark. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(token: string) {
    this.#start = Buffer.from(`${token}:start\n`);
    this.#end = Buffer.from(`${token}:end`);
  }

  /** Takes in what arrived; returns what was marked once its end is there. */
  take(chunk: Buffer): Marked | null {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#state === 'before') this.#takeBefore();
    if (this.#state === 'inside') this.#takeInside();
    return this.#state === 'ending' ? this.#takeEnd() : null;
  }

  #takeBefore(): void {
    const at = this.#rest.indexOf(this.#start);
    if (at < 0) {
      this.before = this.#rest;
      return;
    }
    this.before = this.#rest.subarray(0, at);
    this.#rest = this.#rest.subarray(at + this.#start.length);
    this.#state = 'inside';
  }

  #takeInside(): void {
    const at = this.#rest.indexOf(this.#end);
    const whole = at < 0 ? Math.max(0, this.#rest.length - this.#end.length + 1) : at;
    this.#chunks.push(this.#rest.subarray(0, whole));
    this.bytes += whole;
    this.#rest = this.#rest.subarray(whole);
    if (at >= 0) this.#state = 'ending';
  }

  #takeEnd(): Marked | null {
    const lineEnd = this.#rest.indexOf(LINE_END);
    if (lineEnd < 0) return null;
    this.#state = 'ended';
    const end = this.#rest.subarray(this.#end.length, lineEnd).toString().trim();
    return { output: Buffer.concat(this.#chunks), end };
  }

  /** All that came between the marks so far, for an end that never came. */
  get unfinished(): Buffer {
    return this.#state === 'before' ? Buffer.alloc(0) : Buffer.concat([...this.#chunks, this.#rest]);
  }
}
