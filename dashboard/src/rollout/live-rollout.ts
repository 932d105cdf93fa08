/**
 * A deployment as it is, for as long as somebody looks: its events, folded by the very code that wrote them. Events that
 * come together are shown together, once a frame.
 */
import { type Account, AccountKeeper } from '../../../src/domain/account.ts';
import type { StoredEvent } from '../../../src/journal/journal.ts';
import type { Problem } from '../../../src/server/api/problem.ts';
import { EMPTY_HISTORY, followEvents, type RolloutHistory } from '../../../src/words/rollout-history.ts';
import { openStream } from '../api/live-stream.ts';
import { nextSample, type Sample } from './samples.ts';

export interface Rollout {
  readonly account: Account;
  readonly history: RolloutHistory;
  readonly events: readonly StoredEvent[];
  /** How the fleet was, over time. */
  readonly samples: readonly Sample[];
  /** Of the newest event that is shown. */
  readonly seq: number;
}

export interface RolloutSnapshot {
  /** `null` until its first event is here. */
  readonly rollout: Rollout | null;
  readonly problem: Problem | null;
}

export class LiveRollout {
  readonly #id: string;
  readonly #listeners = new Set<() => void>();
  readonly #events: StoredEvent[] = [];
  readonly #samples: Sample[] = [];
  #keeper: AccountKeeper | null = null;
  #history: RolloutHistory = EMPTY_HISTORY;
  #waiting: StoredEvent[] = [];
  #isDue = false;
  #close: (() => void) | null = null;
  #snapshot: RolloutSnapshot = { rollout: null, problem: null };

  constructor(id: string) {
    this.#id = id;
  }

  readonly snapshot = (): RolloutSnapshot => this.#snapshot;

  /** The first who looks opens the stream, the last one closes it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#close ??= openStream({
      path: `/deployments/${encodeURIComponent(this.#id)}/stream`,
      query: () => ({ after: this.#lastSeq() }),
      on: { event: (stored: StoredEvent) => this.#take(stored) },
      onProblem: (problem) => this.#show({ ...this.#snapshot, problem }),
    });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#close?.();
      this.#close = null;
    };
  };

  #take(stored: StoredEvent): void {
    // After a broken connection the last ones may come again.
    if (stored.seq <= this.#lastSeq()) return;
    this.#waiting.push(stored);
    if (this.#isDue) return;
    this.#isDue = true;
    const flush = () => this.#flush();
    // A page that nobody sees has no frames.
    if (document.hidden) setTimeout(flush);
    else requestAnimationFrame(flush);
  }

  #flush(): void {
    this.#isDue = false;
    for (const { seq, event } of this.#waiting) {
      this.#events.push({ seq, event });
      if (event.type === 'deployment-created') this.#keeper = new AccountKeeper(this.#id, event);
      else this.#keeper?.keep(event);
      const state = this.#keeper?.state;
      if (state === undefined) continue;
      this.#history = followEvents(this.#history, [event], state.plan);
      const sample = nextSample(this.#samples.at(-1) ?? null, event, state);
      if (sample !== null) this.#samples.push(sample);
    }
    this.#waiting = [];
    if (this.#keeper === null) return;
    const rollout = {
      account: this.#keeper.account(),
      history: this.#history,
      events: [...this.#events],
      samples: [...this.#samples],
      seq: this.#lastSeq(),
    };
    this.#show({ rollout, problem: null });
  }

  #lastSeq(): number {
    return this.#waiting.at(-1)?.seq ?? this.#events.at(-1)?.seq ?? 0;
  }

  #show(snapshot: RolloutSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
