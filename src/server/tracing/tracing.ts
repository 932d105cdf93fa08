/**
 * Sends what becomes of deployments to a collector of OpenTelemetry, where the environment names one; nothing is loaded
 * where it does not. It reads the journal behind everybody's back: no deployment ever waits for it. How far it has come
 * is written down after each page that was taken, so that what a server did not get to is sent by the next one.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeploymentNotFoundError, messageOf } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { Cursors } from '../cursors.ts';
import { collectorOf } from './collector.ts';
import type { SpanExporter } from './exporter.ts';
import type { Span } from './span.ts';
import { Spans } from './spans.ts';

/** Read at once. */
const PAGE = 1_000;
/** Sent at once. */
const MOST_SENT = 512;
/** From a change to the round that tells of it, so that what happens together is sent together. */
const SOON_MS = 1_000;
/** After a try that failed; doubled with each one after it. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
const FLUSH_WITHIN_MS = 5_000;
const OPEN_AGAIN_MS = 5_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const FORGET_AFTER_MS = 30 * DAY_MS;
const ALL = Number.MAX_SAFE_INTEGER;
/** In the cursors there is but one that is told. */
const COLLECTOR = 'collector';

export interface TracingParts {
  readonly journal: Journal;
  /** The state folder: how far the collector was told is kept there. */
  readonly stateDir: string;
  /** Of this package. */
  readonly version: string;
  readonly log: (line: string) => void;
  /** After a try that failed. Default 5 s. */
  readonly firstPauseMs?: number;
}

/** A deployment that is being told. */
interface Story {
  readonly spans: Spans;
  /** Of events that the collector has all spans of. */
  told: number;
  /** Of the events that were read, and were not taken yet. */
  unsent: readonly Span[];
  hasEnded: boolean;
}

export class Tracing implements AsyncDisposable {
  readonly #parts: TracingParts;
  readonly #address: string;
  #exporter: SpanExporter | null = null;
  #cursors: Cursors | null = null;
  readonly #stories = new Map<string, Story>();
  /** Those in which something has happened that was not told. */
  readonly #behind = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  /** How long the next pause is; `null` while the collector takes what it is sent. */
  #pauseMs: number | null = null;
  #isClosing = false;

  /** `null` where the environment names no collector. Never rejects. */
  static async open(parts: TracingParts): Promise<Tracing | null> {
    const collector = collectorOf(process.env);
    if (collector === null) return null;
    if (collector.address === null) {
      parts.log(`no spans are sent: ${collector.fault}`);
      return null;
    }
    const tracing = new Tracing(parts, collector.address);
    await tracing.#begin();
    return tracing;
  }

  private constructor(parts: TracingParts, address: string) {
    this.#parts = parts;
    this.#address = address;
  }

  /** Something has happened in the deployment. */
  deploymentChanged(id: string): void {
    if (this.#isClosing) return;
    this.#behind.add(id);
    this.#later(this.#pauseMs ?? SOON_MS);
  }

  /** Sends what there is, within five seconds, and nothing more to a collector that cannot be reached. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#pauseMs === null) {
      const late = new AbortController();
      await Promise.race([
        this.#flush(),
        sleep(FLUSH_WITHIN_MS, undefined, { signal: late.signal }).catch(() => {}),
      ]);
      late.abort();
    }
    this.#cursors?.[Symbol.dispose]();
    this.#cursors = null;
  }

  async #flush(): Promise<void> {
    await this.#round;
    for (const id of this.#stories.keys()) this.#behind.add(id);
    await this.#tellAll();
  }

  /** Never rejects. */
  async #begin(): Promise<void> {
    const { journal, stateDir, version, log } = this.#parts;
    try {
      const identity = await journal.identity();
      const { SpanExporter } = await import('./exporter.ts');
      if (this.#isClosing) return;
      this.#exporter ??= new SpanExporter(identity, version);
      const cursors = Cursors.open(join(stateDir, 'traces.db'), identity);
      // While another process of this project does it, this one waits for its turn.
      if (cursors === null) return this.#beginLater();
      this.#cursors = cursors;
      const now = Date.now();
      cursors.forget(now - FORGET_AFTER_MS);
      const since = Math.max(cursors.begunAt(COLLECTOR, now), now - DAY_MS);
      const open = await journal.list({ ended: false, limit: ALL });
      const recent = await journal.list({ since, limit: ALL });
      if (this.#isClosing) return;
      for (const { id } of [...open, ...recent]) {
        if (!cursors.get(id, COLLECTOR).ended) this.#behind.add(id);
      }
      if (this.#behind.size > 0) this.#later(SOON_MS);
    } catch (error) {
      if (this.#isClosing) return;
      this.#cursors?.[Symbol.dispose]();
      this.#cursors = null;
      log(`no spans can be sent for now: ${messageOf(error)}`);
      this.#beginLater();
    }
  }

  #beginLater(): void {
    if (this.#isClosing) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#begin();
    }, OPEN_AGAIN_MS).unref();
  }

  #later(ms: number): void {
    if (this.#isClosing || this.#timer !== null || this.#round !== null || this.#cursors === null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#round = this.#tellAll().finally(() => {
        this.#round = null;
        if (this.#behind.size > 0) this.#later(this.#pauseMs ?? SOON_MS);
      });
    }, ms).unref();
  }

  /** One after the other, until all are told or the collector does not take them. Never rejects. */
  async #tellAll(): Promise<void> {
    for (const id of this.#behind) {
      this.#behind.delete(id);
      if (await this.#tell(id)) continue;
      this.#behind.add(id);
      return;
    }
  }

  /** Resolves with whether nothing is left to be sent of it. Never rejects. */
  async #tell(id: string): Promise<boolean> {
    try {
      const story = this.#storyOf(id);
      if (story === null) return true;
      for (;;) {
        if (!(await this.#send(id, story))) return false;
        const events = await this.#parts.journal.read(id, story.spans.seq, PAGE);
        if (events.length === 0) break;
        story.unsent = story.spans.endingWith(events).filter(({ seq }) => seq > story.told);
        story.hasEnded = events.at(-1)?.event.type === 'deployment-finished';
      }
      if (story.hasEnded) this.#stories.delete(id);
    } catch (error) {
      this.#stories.delete(id);
      if (error instanceof DeploymentNotFoundError) return true;
      this.#parts.log(`no spans can be made of ${id}: ${messageOf(error)}`);
    }
    return true;
  }

  #storyOf(id: string): Story | null {
    const known = this.#stories.get(id);
    const told = this.#cursors?.get(id, COLLECTOR);
    if (known !== undefined || told === undefined || told.ended) return known ?? null;
    const story: Story = { spans: new Spans(id), told: told.seq, unsent: [], hasEnded: false };
    this.#stories.set(id, story);
    return story;
  }

  /** Resolves with whether all that was read is told, or given up. */
  async #send(id: string, story: Story): Promise<boolean> {
    const had = story.unsent.length;
    while (story.unsent.length > 0) {
      const refusal = (await this.#exporter?.send(id, story.unsent.slice(0, MOST_SENT))) ?? null;
      if (!this.#goesOnAfter(refusal)) return false;
      story.unsent = story.unsent.slice(MOST_SENT);
    }
    story.told = Math.max(story.told, story.spans.seq);
    if (had > 0) this.#cursors?.put(id, COLLECTOR, { seq: story.told, ended: story.hasEnded }, Date.now());
    return true;
  }

  /** What it says, it says once, and once more when all is well again. */
  #goesOnAfter(refusal: { readonly why: string; readonly isFinal: boolean } | null): boolean {
    const { log, firstPauseMs = FIRST_PAUSE_MS } = this.#parts;
    const wasWell = this.#pauseMs === null;
    if (refusal === null) {
      if (!wasWell) log(`spans are sent to ${this.#address} again`);
      this.#pauseMs = null;
      return true;
    }
    if (wasWell)
      log(`spans cannot be sent to ${this.#address}: ${refusal.why}; deployments go on without it`);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, wasWell ? firstPauseMs : (this.#pauseMs ?? 0) * 2);
    return refusal.isFinal;
  }
}
