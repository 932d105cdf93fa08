/**
 * The open streams of server-sent events. One clock for all of them: every 15 seconds each gets a comment, so that
 * proxies keep the connection and the browser knows that it lives, and ends where its token is no longer good.
 */
import type { Identity } from '../api/permissions.ts';
import { refuse } from './problems.ts';

const HEARTBEAT_MS = 15_000;
const MOST_STREAMS = 5_000;

export interface OpenStream {
  /** Of the token. */
  readonly token: string;
  /** Which endpoint it is of. */
  readonly kind: string;
  readonly beat: () => void;
}

interface Entry extends OpenStream {
  readonly closing: AbortController;
}

export class Streams {
  readonly #open = new Set<Entry>();
  readonly #isGood: (token: string) => boolean;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  /** @param isGood whether a token, by its id, is */
  constructor(isGood: (token: string) => boolean, heartbeatMs = HEARTBEAT_MS) {
    this.#isGood = isGood;
    this.#timer = setInterval(() => this.#beat(), heartbeatMs).unref();
  }

  /**
   * Takes up a stream until `leave` is called; its signal aborts when it has to end.
   * @throws a problem when there are too many, or the server stops
   */
  enter(stream: OpenStream): { readonly signal: AbortSignal; readonly leave: () => void } {
    if (this.#closed) refuse('STOPPING', 'the server stops', 'Try again in a moment.');
    if (this.#open.size >= MOST_STREAMS) {
      refuse(
        'TOO_MANY_STREAMS',
        `${MOST_STREAMS} streams are open`,
        'Try again later, or read lists instead.',
      );
    }
    const entry: Entry = { ...stream, closing: new AbortController() };
    this.#open.add(entry);
    const leave = () => {
      this.#open.delete(entry);
      entry.closing.abort();
    };
    return { signal: entry.closing.signal, leave };
  }

  /** How many are open, by kind. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { kind } of this.#open) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return counts;
  }

  /** Ends those of a token that is not good any more. */
  endOf({ token }: Pick<Identity, 'token'>): void {
    for (const entry of this.#open) if (entry.token === token) entry.closing.abort();
  }

  /** Ends them all, and takes up none any more. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const { closing } of this.#open) closing.abort();
  }

  #beat(): void {
    const good = new Map<string, boolean>();
    for (const { token, beat, closing } of this.#open) {
      if (!good.has(token)) good.set(token, this.#isGood(token));
      if (good.get(token) === true) beat();
      else closing.abort();
    }
  }
}
