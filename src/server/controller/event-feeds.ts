/**
 * The events of deployments for whoever follows them: one reader a deployment, however many follow. It keeps the newest
 * events; each follower takes from them at its own pace, and one that has fallen behind reads from the journal. So a
 * slow follower costs no memory.
 */
import type { Journal, StoredEvent } from '../../journal/journal.ts';

/** Of a deployment, kept for its followers. */
const MOST_KEPT = 1_024;
/** Handed out or read at once. */
const PAGE = 512;
const NOTHING: readonly StoredEvent[] = [];

export class EventFeeds {
  readonly #journal: Journal;
  readonly #feeds = new Map<string, Feed>();
  #unwatch: (() => void) | null = null;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** See `Operations.follow`. Followers that are level get the very same arrays, so that what is made of them can be kept. */
  async *follow(
    id: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoredEvent[], void, void> {
    const feed = this.#join(id);
    let last = after;
    try {
      await feed.opened;
      while (!signal.aborted) {
        const batch = feed.after(last) ?? (await this.#journal.read(id, last, PAGE));
        const newest = batch.at(-1);
        if (newest !== undefined) {
          yield batch;
          last = newest.seq;
        } else if (feed.hasEnded) return;
        else await feed.news(signal);
      }
    } finally {
      this.#leave(feed);
    }
  }

  #join(id: string): Feed {
    const feed = this.#feeds.get(id) ?? new Feed(id, this.#journal);
    this.#feeds.set(id, feed);
    feed.followers += 1;
    this.#unwatch ??= this.#journal.watch(() => {
      for (const one of this.#feeds.values()) one.read();
    });
    return feed;
  }

  #leave(feed: Feed): void {
    feed.followers -= 1;
    if (feed.followers > 0) return;
    if (this.#feeds.get(feed.id) === feed) this.#feeds.delete(feed.id);
    if (this.#feeds.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = null;
  }
}

class Feed {
  readonly id: string;
  /** Rejects when the deployment cannot be read. */
  readonly opened: Promise<void>;
  followers = 0;
  readonly #journal: Journal;
  /** The newest ones, without a gap. */
  #kept: StoredEvent[] = [];
  /** The seq of the last one that was read. */
  #end = 0;
  #hasEnded = false;
  #fault: { readonly error: unknown } | null = null;
  /** From the beginning: it is opened. */
  #isReading = true;
  #isBehind = false;
  /** What was handed out last, for the others who are as far. */
  #handed: { readonly after: number; readonly batch: readonly StoredEvent[] } | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(id: string, journal: Journal) {
    this.id = id;
    this.#journal = journal;
    this.opened = this.#open();
    // Whoever follows is told; nobody may be left.
    this.opened.catch(() => {});
  }

  /** Nothing comes any more after what was read. Throws what reading has failed with. */
  get hasEnded(): boolean {
    if (this.#fault !== null) throw this.#fault.error;
    return this.#hasEnded;
  }

  /** The next ones after `after`, none when there are none yet; `null` when they are not kept any more. */
  after(after: number): readonly StoredEvent[] | null {
    if (after >= this.#end) return NOTHING;
    if (this.#handed?.after === after) return this.#handed.batch;
    const from = after + 1 - (this.#kept[0]?.seq ?? Infinity);
    if (!(from >= 0)) return null;
    const batch = this.#kept.slice(from, from + PAGE);
    this.#handed = { after, batch };
    return batch;
  }

  /** Resolves when more was read, when reading has failed, or when `signal` is aborted. */
  news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** Something was committed: reads what is new. */
  read(): void {
    this.#isBehind = true;
    if (this.#isReading || this.#hasEnded || this.#fault !== null) return;
    void this.#readAll().catch((error: unknown) => {
      this.#fault = { error };
      this.#tell();
    });
  }

  async #open(): Promise<void> {
    const { seq } = await this.#journal.summary(this.id);
    this.#end = Math.max(0, seq - MOST_KEPT);
    await this.#readAll();
  }

  /** Until nothing was committed since the last read began. */
  async #readAll(): Promise<void> {
    this.#isReading = true;
    try {
      do {
        this.#isBehind = false;
        this.#keep(await this.#journal.read(this.id, this.#end, PAGE));
      } while (this.#isBehind);
    } finally {
      this.#isReading = false;
    }
  }

  #keep(events: readonly StoredEvent[]): void {
    const newest = events.at(-1);
    if (newest === undefined) return;
    this.#end = newest.seq;
    this.#kept = [...this.#kept, ...events].slice(-MOST_KEPT);
    this.#handed = null;
    this.#hasEnded = newest.event.type === 'deployment-finished';
    this.#isBehind ||= events.length === PAGE;
    this.#tell();
  }

  #tell(): void {
    for (const wake of this.#waiting) wake();
  }
}
