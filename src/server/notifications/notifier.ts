/**
 * Tells whoever is to be notified what becomes of deployments: from the journal, so that nothing is forgotten when the
 * server dies. Each message is sent at least once, and those of a deployment in their order.
 */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { NotificationConfig } from '../../config/schema/notifications.ts';
import { DeploymentNotFoundError, messageOf } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { Cursors } from '../cursors.ts';
import { Lane, type RetryOptions } from './lane.ts';
import { Occasions } from './occasions.ts';
import { type Receiver, receiversOf } from './receivers.ts';

const ALL = Number.MAX_SAFE_INTEGER;
const PAGE = 1_000;
const OPEN_AGAIN_MS = 5_000;
const HOUR_MS = 60 * 60 * 1_000;
const FORGET_AFTER_MS = 30 * 24 * HOUR_MS;
const RETRY: RetryOptions = { firstPauseMs: 1_000, longestPauseMs: 300_000, giveUpMs: 24 * HOUR_MS };

export interface NotifierParts {
  readonly journal: Journal;
  /** The state folder: how far everybody was told is kept there. */
  readonly stateDir: string;
  readonly notifications: readonly NotificationConfig[];
  readonly log: (line: string) => void;
  /** Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly retry?: Partial<RetryOptions>;
}

/** A deployment that somebody is to be told of. */
interface Story {
  readonly occasions: Occasions;
  /** By the receiver; made with the first event. */
  lanes: ReadonlyMap<Receiver, Lane> | null;
  isReading: boolean;
  isBehind: boolean;
}

export class Notifier implements AsyncDisposable {
  readonly #parts: NotifierParts;
  readonly #receivers: readonly Receiver[];
  readonly #stories = new Map<string, Story>();
  readonly #closing = new AbortController();
  #cursors: Cursors | null = null;
  #timer: NodeJS.Timeout | null = null;

  /**
   * Goes on where the last one ended. While another process of this project notifies, this one waits for its turn.
   * @throws InvalidInputError when the environment lacks what the config names
   */
  static async open(parts: NotifierParts): Promise<Notifier> {
    const notifier = new Notifier(parts);
    if (notifier.#receivers.length > 0) await notifier.#begin();
    return notifier;
  }

  private constructor(parts: NotifierParts) {
    this.#parts = parts;
    this.#receivers = receiversOf(parts.notifications, parts.environment ?? process.env);
    // One listener a message that waits.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Something has happened in the deployment. */
  deploymentChanged(id: string): void {
    if (this.#cursors === null || this.#closing.signal.aborted) return;
    const story = this.#stories.get(id) ?? newStory(id);
    this.#stories.set(id, story);
    story.isBehind = true;
    if (!story.isReading) void this.#tell(id, story);
  }

  /** Stops in the middle of whatever it sends; what was not taken is sent by the next one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    const lanes = [...this.#stories.values()].flatMap(({ lanes: some }) => [...(some?.values() ?? [])]);
    await Promise.all(lanes.map((lane) => lane.settled()));
    this.#cursors?.[Symbol.dispose]();
    this.#cursors = null;
  }

  /** Never rejects. */
  async #begin(): Promise<void> {
    const { journal, stateDir, log } = this.#parts;
    try {
      const cursors = Cursors.open(join(stateDir, 'notifications.db'), await journal.identity());
      if (cursors === null) return this.#beginLater();
      const now = Date.now();
      cursors.forget(now - FORGET_AFTER_MS);
      const begunAt = Math.min(...this.#receivers.map(({ key }) => cursors.begunAt(key, now)));
      this.#cursors = cursors;
      const { giveUpMs } = this.#retry;
      const [open, recent] = await Promise.all([
        journal.list({ ended: false, limit: ALL }),
        journal.list({ since: Math.max(begunAt, now - 2 * giveUpMs), limit: ALL }),
      ]);
      for (const { id, createdAt } of new Map([...open, ...recent].map((one) => [one.id, one])).values()) {
        if (this.#receiversOf(cursors, id, createdAt).length > 0) this.deploymentChanged(id);
      }
    } catch (error) {
      log(`nobody can be notified for now: ${messageOf(error)}`);
      this.#beginLater();
    }
  }

  #beginLater(): void {
    if (this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#begin(), OPEN_AGAIN_MS).unref();
  }

  get #retry(): RetryOptions {
    return { ...RETRY, ...this.#parts.retry };
  }

  /** Never rejects. What cannot be read now is read with the next event, or when the server begins again. */
  async #tell(id: string, story: Story): Promise<void> {
    story.isReading = true;
    try {
      while (story.isBehind && !this.#closing.signal.aborted) {
        story.isBehind = false;
        if (await this.#tellNew(id, story)) this.#stories.delete(id);
      }
    } catch (error) {
      this.#stories.delete(id);
      if (error instanceof DeploymentNotFoundError || this.#closing.signal.aborted) return;
      this.#parts.log(`what became of ${id} cannot be told: ${messageOf(error)}`);
    } finally {
      story.isReading = false;
    }
  }

  /** Resolves with whether it is told to its end. */
  async #tellNew(id: string, story: Story): Promise<boolean> {
    const { occasions } = story;
    for (;;) {
      const events = await this.#parts.journal.read(id, occasions.seq, PAGE);
      const found = occasions.among(events);
      const hasEnded = events.at(-1)?.event.type === 'deployment-finished';
      story.lanes ??= this.#lanesFor(occasions);
      for (const lane of story.lanes.values()) lane.add(found, hasEnded);
      if (hasEnded) {
        await Promise.all([...story.lanes.values()].map((lane) => lane.settled()));
        return true;
      }
      if (events.length < PAGE) return false;
    }
  }

  /** Who is to be told of a deployment, and was not to its end. */
  #receiversOf(cursors: Cursors, id: string, createdAt: number): Receiver[] {
    return this.#receivers.filter(
      ({ key }) => createdAt >= cursors.begunAt(key, Date.now()) && !cursors.get(id, key).ended,
    );
  }

  #lanesFor({ about }: Occasions): ReadonlyMap<Receiver, Lane> {
    const cursors = this.#cursors;
    if (cursors === null || about === null) return new Map();
    const { signal } = this.#closing;
    const { log } = this.#parts;
    const receivers = this.#receiversOf(cursors, about.id, about.createdAt);
    return new Map(
      receivers.map((receiver) => [
        receiver,
        new Lane({ receiver, about, cursors, retry: this.#retry, signal, log }),
      ]),
    );
  }
}

function newStory(id: string): Story {
  return { occasions: new Occasions(id), lanes: null, isReading: false, isBehind: false };
}
