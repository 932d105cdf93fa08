/**
 * What has changed, for whoever shows lists. A follower that is slow gets the newest of each deployment and service,
 * not all that it has missed: there is never more for it than there are rows.
 */
import type { DeploymentSummary } from '../../domain/summary.ts';
import { messageOf } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Change } from '../operations.ts';
import { placeOf } from './deployers.ts';

/** Between two looks at the list of deployments. */
const LOOK_AGAIN_MS = 100;
/** Of those that were begun and ended between two looks. */
const NEWEST = 50;
const ALL = Number.MAX_SAFE_INTEGER;

export class Changes {
  readonly #journal: Journal;
  readonly #log: (line: string) => void;
  readonly #onDeployment: (summary: DeploymentSummary) => void;
  /** How each was when it was last looked at, by id; of those under way, and the newest ones. */
  #known = new Map<string, DeploymentSummary>();
  readonly #followers = new Set<Follower>();
  #unwatch: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isBehind = false;

  /** @param onDeployment also called for each deployment that has changed */
  constructor(
    journal: Journal,
    log: (line: string) => void,
    onDeployment: (summary: DeploymentSummary) => void,
  ) {
    this.#journal = journal;
    this.#log = log;
    this.#onDeployment = onDeployment;
  }

  /** From now on. */
  async open(): Promise<void> {
    this.#unwatch = this.#journal.watch(() => this.#lookSoon());
    this.#known = await this.#list();
  }

  close(): void {
    this.#unwatch?.();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#unwatch = null;
    this.#timer = null;
  }

  get followers(): number {
    return this.#followers.size;
  }

  tell(change: Change): void {
    for (const follower of this.#followers) follower.add(change);
  }

  /** See `Operations.changes`. */
  follow(signal: AbortSignal): AsyncGenerator<Change, void, void> {
    const follower = new Follower(signal);
    // At once, not when the first one is asked for.
    this.#followers.add(follower);
    const leave = () => this.#followers.delete(follower);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return this.#changesFor(follower, signal);
  }

  async *#changesFor(follower: Follower, signal: AbortSignal): AsyncGenerator<Change, void, void> {
    try {
      while (!signal.aborted) {
        const next = follower.take();
        if (next === null) await follower.news();
        else yield next;
      }
    } finally {
      this.#followers.delete(follower);
    }
  }

  /** At once, but not again for a moment. */
  #lookSoon(): void {
    if (this.#timer !== null) {
      this.#isBehind = true;
      return;
    }
    void this.#look();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#isBehind) return;
      this.#isBehind = false;
      this.#lookSoon();
    }, LOOK_AGAIN_MS);
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    try {
      const before = this.#known;
      const now = await this.#list();
      for (const [id, { phase }] of before) {
        if (phase === 'ended' || now.has(id)) continue;
        // It has ended, or is not in the journal any more.
        const ended = await this.#journal.summary(id).catch(() => null);
        if (ended !== null) now.set(id, ended);
      }
      this.#known = now;
      for (const [id, summary] of now) {
        if (before.get(id)?.seq === summary.seq) continue;
        this.tell({ kind: 'deployment', summary });
        this.#onDeployment(summary);
      }
    } catch (error) {
      this.#log(`the list of deployments cannot be read: ${messageOf(error)}`);
    }
  }

  async #list(): Promise<Map<string, DeploymentSummary>> {
    const [open, newest] = await Promise.all([
      this.#journal.list({ ended: false, limit: ALL }),
      this.#journal.list({ limit: NEWEST }),
    ]);
    return new Map([...open, ...newest].map((summary) => [summary.id, summary]));
  }
}

class Follower {
  readonly #signal: AbortSignal;
  /** The newest of each row, in the order in which they first changed. */
  readonly #pending = new Map<string, Change>();
  #wake: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(change: Change): void {
    this.#pending.set(
      change.kind === 'deployment' ? change.summary.id : `service ${placeOf(change.service)}`,
      change,
    );
    this.#wake?.();
  }

  take(): Change | null {
    const [next] = this.#pending;
    if (next === undefined) return null;
    this.#pending.delete(next[0]);
    return next[1];
  }

  news(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = null;
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      this.#signal.addEventListener('abort', done, { once: true });
      if (this.#signal.aborted) done();
    });
  }
}
