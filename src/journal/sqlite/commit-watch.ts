/**
 * Notices what other processes commit to the journal. They write to its log beside it first, which the system tells of;
 * what they wrote can be read a moment later, once it is on the disk. Where the system tells of nothing, it is looked
 * every quarter of a second.
 *
 *   idle --the log was written--> looking, ever more slowly --news, or looked often enough--> idle
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Watchers } from '../watchers.ts';

const POLL_MS = 250;
/** After the log was written; what is not there by then is found by the poll. */
const LOOKS_AFTER_MS = [1, 1, 2, 4, 8, 16, 32, 64] as const;

export class CommitWatch {
  readonly #file: string;
  readonly #changes: () => number;
  readonly #watchers = new Watchers();
  #seen = 0;
  #files: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #next: NodeJS.Timeout | null = null;
  #looks = 0;

  /** @param changes see `SqliteJournal.changes` */
  constructor(file: string, changes: () => number) {
    this.#file = file;
    this.#changes = changes;
  }

  /** @returns takes it back */
  add(callback: () => void): () => void {
    const remove = this.#watchers.add(callback);
    if (this.#watchers.size === 1) this.#open();
    return () => {
      remove();
      if (this.#watchers.size === 0) this.close();
    };
  }

  /** This handle has committed something. */
  tell(): void {
    if (this.#watchers.size === 0) return;
    this.#seen = this.#changes();
    this.#watchers.tell();
  }

  close(): void {
    this.#files?.close();
    if (this.#poll !== null) clearInterval(this.#poll);
    if (this.#next !== null) clearTimeout(this.#next);
    this.#files = null;
    this.#poll = null;
    this.#next = null;
  }

  #open(): void {
    this.#seen = this.#changes();
    this.#poll = setInterval(() => this.#look(), POLL_MS);
    const log = `${basename(this.#file)}-wal`;
    try {
      // The folder: the log itself may come and go.
      this.#files = watch(dirname(this.#file), (_event, name) => {
        if (name === null || name === log) this.#written();
      });
      this.#files.on('error', () => this.#files?.close());
    } catch {
      // No more watches can be had: the poll does without.
    }
  }

  /** Whoever writes goes on for a while; the looks begin again with each time that they do. */
  #written(): void {
    this.#looks = 0;
    if (this.#next === null) this.#lookAfter();
  }

  #lookAfter(): void {
    const delayMs = LOOKS_AFTER_MS[this.#looks];
    this.#next = null;
    if (delayMs === undefined) return;
    this.#looks += 1;
    this.#next = setTimeout(() => {
      if (this.#look()) this.#looks = LOOKS_AFTER_MS.length;
      this.#lookAfter();
    }, delayMs);
  }

  /** Whether there was news. Where it cannot be looked, whoever reads will be told why. */
  #look(): boolean {
    let now: number;
    try {
      now = this.#changes();
    } catch {
      this.#watchers.tell();
      return false;
    }
    if (now === this.#seen) return false;
    this.#seen = now;
    this.#watchers.tell();
    return true;
  }
}
