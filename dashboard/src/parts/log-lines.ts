import type { LogLine } from '../../../src/server/operations.ts';

/** Older ones go: a page is no place for a whole log. */
const MOST_LINES = 2_000;

/** A line with a name of its own. */
export interface KeptLine extends LogLine {
  readonly key: number;
}

/** The newest lines of a log, at most 2,000. */
export class LogLines {
  #lines: KeptLine[] = [];
  #next = 0;

  add(line: LogLine): void {
    this.#lines.push({ ...line, key: this.#next++ });
    if (this.#lines.length > 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
  }

  clear(): void {
    this.#lines = [];
  }

  all(): readonly KeptLine[] {
    return this.#lines.slice(-MOST_LINES);
  }
}
