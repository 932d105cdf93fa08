/**
 * What one receiver is told of one deployment: a message after the other, each until it was taken, with ever longer
 * pauses, or until it is too old to matter. How far it has come is written down after each.
 *
 *   idle --add--> sending --taken, or given up--> the next one, or idle
 *                   \--refused--> waiting --pause over--> sending
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { Cursors } from '../cursors.ts';
import { bodyOf, signatureOf, slackOf } from './message.ts';
import type { Occasion, Protagonist } from './occasions.ts';
import { post, type Refusal } from './post.ts';
import type { Receiver } from './receivers.ts';

export interface RetryOptions {
  /** The pause after the first try; doubled after each one more. Default 1 s. */
  readonly firstPauseMs: number;
  /** Default 5 minutes. */
  readonly longestPauseMs: number;
  /** A message is given up when what it tells is older than this. Default 24 hours. */
  readonly giveUpMs: number;
}

export interface LaneParts {
  readonly receiver: Receiver;
  readonly about: Protagonist;
  readonly cursors: Cursors;
  readonly retry: RetryOptions;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export class Lane {
  readonly #parts: LaneParts;
  readonly #waiting: Occasion[] = [];
  #told: number;
  #isSending = false;
  #sending: Promise<void> | null = null;
  #isEnding = false;

  constructor(parts: LaneParts) {
    const { cursors, about, receiver } = parts;
    this.#parts = parts;
    this.#told = cursors.get(about.id, receiver.key).seq;
  }

  /** @param isEnding nothing comes after these */
  add(occasions: readonly Occasion[], isEnding: boolean): void {
    const { events } = this.#parts.receiver;
    this.#waiting.push(...occasions.filter(({ seq, event }) => seq > this.#told && events.includes(event)));
    this.#isEnding ||= isEnding;
    if (!this.#isSending) this.#sending = this.#send();
  }

  /** Nothing is left to tell, nor will be. */
  get isDone(): boolean {
    return this.#isEnding && this.#waiting.length === 0;
  }

  /** Resolves when it has told all, or been stopped. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    const { signal, log, receiver } = this.#parts;
    this.#isSending = true;
    try {
      for (;;) {
        const [next] = this.#waiting;
        if (next === undefined) break;
        await this.#deliver(next);
        this.#waiting.shift();
        this.#told = next.seq;
        this.#keep();
      }
      if (this.#isEnding) this.#keep();
    } catch (error) {
      if (!signal.aborted) log(`${receiver.name} cannot be notified: ${messageOf(error)}`);
    } finally {
      this.#isSending = false;
    }
  }

  #keep(): void {
    const { cursors, about, receiver } = this.#parts;
    cursors.put(about.id, receiver.key, { seq: this.#told, ended: this.isDone }, Date.now());
  }

  /** Resolves when it was taken or given up; rejects when it is stopped. */
  async #deliver(occasion: Occasion): Promise<void> {
    const { receiver, about, retry, signal, log } = this.#parts;
    const what = `${receiver.name} was not told of ${about.id} (${occasion.event})`;
    for (let tries = 1; ; tries += 1) {
      const refusal = await this.#try(occasion);
      if (refusal === null) return;
      if (refusal.isFinal || Date.now() - occasion.at >= retry.giveUpMs) {
        log(`${what}: ${refusal.why}; given up after ${tries === 1 ? 'one try' : `${tries} tries`}`);
        return;
      }
      if (tries === 1) log(`${what}: ${refusal.why}; trying again`);
      const pauseMs = Math.min(retry.longestPauseMs, retry.firstPauseMs * 2 ** (tries - 1));
      // Not all at the same moment, when one comes back that all wait for.
      await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, { signal });
    }
  }

  #try(occasion: Occasion): Promise<Refusal | null> {
    const { receiver, about, signal } = this.#parts;
    const json = bodyOf(about, occasion);
    const body = JSON.stringify(receiver.format === 'slack' ? slackOf(json) : json);
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'sluice',
      'sluice-event': json.event,
      'sluice-delivery': json.delivery,
      ...(receiver.secret === null
        ? {}
        : { 'sluice-signature': signatureOf(body, receiver.secret, Date.now()) }),
    };
    const { url, allowPrivate } = receiver;
    return post({ url, body, headers, allowPrivate, signal });
  }
}
