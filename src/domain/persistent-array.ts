/**
 * An immutable array whose edits copy only the chunks that they touch: states of 100,000 targets stay cheap
 * to evolve and old ones stay valid.
 */
const CHUNK = 256;

export class PersistentArray<T> implements Iterable<T> {
  readonly length: number;
  readonly #chunks: readonly (readonly T[])[];

  private constructor(chunks: readonly (readonly T[])[], length: number) {
    this.#chunks = chunks;
    this.length = length;
  }

  static from<T>(items: readonly T[]): PersistentArray<T> {
    const chunks: T[][] = [];
    for (let start = 0; start < items.length; start += CHUNK) {
      chunks.push(items.slice(start, start + CHUNK));
    }
    return new PersistentArray(chunks, items.length);
  }

  /** The item at `index`; throws `RangeError` outside 0 to length - 1. */
  get(index: number): T {
    const chunk = this.#chunks[Math.floor(index / CHUNK)];
    if (chunk === undefined || index < 0 || index >= this.length) {
      throw new RangeError(`no item ${index} in ${this.length}`);
    }
    return chunk[index % CHUNK] as T;
  }

  /** A new array in which every item at a key of `edits` is replaced. */
  with(edits: ReadonlyMap<number, T>): PersistentArray<T> {
    const chunks = this.#chunks.slice();
    const copied = new Set<number>();
    for (const [index, item] of edits) {
      const at = Math.floor(index / CHUNK);
      if (!copied.has(at)) {
        copied.add(at);
        chunks[at] = (chunks[at] as readonly T[]).slice();
      }
      (chunks[at] as T[])[index % CHUNK] = item;
    }
    return new PersistentArray(chunks, this.length);
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const chunk of this.#chunks) yield* chunk;
  }
}
