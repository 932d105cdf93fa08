/** Requests to a server, with its token, and streams of events that survive a connection that is lost. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import { InvalidInputError, messageOf } from '../errors.ts';
import { errorOf, ServerError } from './problems.ts';

const REQUEST_TIMEOUT_MS = 120_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A stream that says nothing for so long is dead: a server that lives sends a comment every 15 s. */
const SILENCE_MS = 45_000;
const TRIES = 3;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export class HttpClient {
  readonly #url: URL;
  readonly #token: string;

  /** Throws `InvalidInputError` for an address that a token must not be sent to. */
  constructor(url: string, token: string) {
    this.#url = addressOf(url);
    this.#token = token;
  }

  get(path: string, options: Omit<RequestOptions, 'body'> = {}): Promise<unknown> {
    return this.#request('GET', path, options);
  }

  /** With a key of its own, so that one whose answer is lost can be sent again and is still done once. */
  post(path: string, options: RequestOptions = {}): Promise<unknown> {
    return this.#request('POST', path, options, randomUUID());
  }

  async #request(
    method: 'GET' | 'POST',
    path: string,
    { query = {}, body, signal }: RequestOptions,
    key?: string,
  ): Promise<unknown> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const init: RequestInit = {
      method,
      headers: {
        ...this.#headers(),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      // A token goes where it was meant to go, and nowhere else.
      redirect: 'error',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await answerOf(await fetch(this.#at(path, query), init));
      } catch (error) {
        if (error instanceof ServerError || !isConnectionError(error)) throw error;
        if (attempt === TRIES || init.signal?.aborted === true) throw this.#unreachable(error);
        await sleep(FIRST_PAUSE_MS * 2 ** attempt);
      }
    }
  }

  /**
   * The events of a stream. When the connection is lost it is made again, with the id of the last event; ends when
   * the stream sends `end`, or the signal is aborted. Rejects with what the server refuses.
   * @param onTrouble told when the connection is lost, and with `null` when it is back
   */
  async *stream(
    path: string,
    query: Query,
    signal: AbortSignal,
    onTrouble: (why: string | null) => void = () => {},
  ): AsyncGenerator<EventSourceMessage, void, void> {
    let last: string | null = null;
    let pauseMs = FIRST_PAUSE_MS;
    let isLost = false;
    while (!signal.aborted) {
      try {
        for await (const event of this.#connect(path, query, last, signal)) {
          if (isLost) onTrouble(null);
          isLost = false;
          pauseMs = FIRST_PAUSE_MS;
          if (event.id !== undefined) last = event.id;
          if (event.event === 'end') return;
          yield event;
        }
      } catch (error) {
        if (signal.aborted) return;
        const isRefused =
          error instanceof ServerError ? (error.status ?? 500) < 500 : !isConnectionError(error);
        if (isRefused) throw error;
        if (!isLost) onTrouble(messageOf(error));
        isLost = true;
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async *#connect(
    path: string,
    query: Query,
    last: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<EventSourceMessage, void, void> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new TypeError('the server has gone silent')), SILENCE_MS);
    try {
      const response = await fetch(this.#at(path, query), {
        headers: {
          ...this.#headers(),
          accept: 'text/event-stream',
          ...(last === null ? {} : { 'last-event-id': last }),
        },
        signal: AbortSignal.any([signal, silence.signal]),
        redirect: 'error',
      });
      if (!response.ok || response.body === null) {
        await answerOf(response);
        return;
      }
      const heard = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, out) {
          timer.refresh();
          out.enqueue(chunk);
        },
      });
      const texts = response.body.pipeThrough(heard).pipeThrough(new TextDecoderStream());
      yield* texts.pipeThrough(new EventSourceParserStream());
    } finally {
      clearTimeout(timer);
    }
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }

  #at(path: string, query: Query): URL {
    const url = new URL(`${this.#url.pathname.replace(/\/$/, '')}/api/v1${path}`, this.#url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  #unreachable(error: unknown): ServerError {
    return new ServerError(`${this.#url.origin} cannot be reached: ${reasonOf(error)}`, null, {
      cause: error,
      remedy:
        'Is `sluice serve` running there? Without --server and SLUICE_SERVER this machine does it itself.',
    });
  }
}

function addressOf(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '') {
    throw new InvalidInputError(`${JSON.stringify(given)} is not the address of a server`, {
      remedy: 'Give it as https://sluice.example.com; the token comes from SLUICE_TOKEN.',
    });
  }
  if (url.protocol === 'https:' || LOOPBACK.includes(url.hostname)) return url;
  throw new InvalidInputError(`a token must not travel to ${url.host} in the clear`, {
    remedy: 'Use https:// there, or a tunnel: ssh -L 8470:127.0.0.1:8470 HOST, and http://127.0.0.1:8470.',
  });
}

/** The JSON of an answer. Throws what the server refuses. */
async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  const body = parsed(text);
  if (!response.ok) throw errorOf(response.status, body);
  if (text !== '' && body === undefined) {
    throw new ServerError('the server answered something that is no JSON', response.status, {
      remedy: 'Is it a Sluice server, and not something in front of it?',
    });
  }
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What `fetch` throws when there is no answer, or half of one. */
function isConnectionError(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error && cause.message !== '' ? cause.message : messageOf(error);
}
