/**
 * A stream of the server, for as long as it is wanted. Browsers take up a broken one by themselves, and say which event they
 * had last; where the server refuses, they give up, and it is tried again here.
 */
import type { Problem } from '../../../src/server/api/problem.ts';
import { type Query, urlOf } from './client.ts';
import { joinConnection } from './connection.ts';
import { queryClient } from './query-client.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;

interface StreamOptions {
  /** Below `/api/v1`. Asked anew for each connection: what is known by then need not be sent again. */
  readonly path: string;
  readonly query: () => Query;
  /** By the name of the event. */
  readonly on: Readonly<Record<string, (data: never) => void>>;
  /** It stands, for the first time or again. */
  readonly onOpen?: () => void;
  /** The server has told all there is. */
  readonly onEnd?: () => void;
  /** The server cannot go on, and says why. */
  readonly onProblem?: (problem: Problem) => void;
}

/** Opens the stream; the answer closes it. */
export function openStream({ path, query, on, onOpen, onEnd, onProblem }: StreamOptions): () => void {
  const { report, leave } = joinConnection();
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = FIRST_RETRY_MS;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    leave();
  };
  const open = () => {
    const opened = new EventSource(urlOf(path, query()));
    source = opened;
    opened.addEventListener('open', () => {
      retryMs = FIRST_RETRY_MS;
      report('live');
      onOpen?.();
    });
    opened.addEventListener('error', () => {
      report('lost');
      if (opened.readyState !== EventSource.CLOSED) return;
      // It may be that nobody is signed in any more.
      void queryClient.invalidateQueries({ queryKey: ['session'] });
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
    });
    for (const [name, take] of Object.entries(on)) {
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as never));
    }
    opened.addEventListener('end', () => {
      close();
      onEnd?.();
    });
    opened.addEventListener('problem', ({ data }: MessageEvent<string>) => {
      close();
      onProblem?.(JSON.parse(data) as Problem);
    });
  };
  report('connecting');
  open();
  return close;
}
