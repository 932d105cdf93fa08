/** Writes a stream of server-sent events, as fast as its reader takes it and no faster. */
import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Identity } from '../api/permissions.ts';
import type { AppContext, Source } from './context.ts';
import { problemOf, unexpectedProblem } from './problems.ts';

/** How soon a browser tries again by itself. */
const RETRY_MS = 1_000;

/** One event. `data` becomes JSON, which has no line breaks. */
export function eventText(name: string, data: unknown, id?: number): string {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return `${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Streams until the source ends, the reader leaves, or the stream has to end. A fault of the source is told as an event
 * `problem`: the status has been sent by then.
 */
export async function serveStream(
  context: AppContext,
  reply: FastifyReply,
  who: Identity,
  { stream, kind }: { readonly stream: Source; readonly kind: string },
): Promise<void> {
  const { raw } = reply;
  const beat = () => void (raw.writableNeedDrain || raw.write(': here\n\n'));
  const { signal, leave } = context.streams.enter({ token: who.token, kind, beat });
  reply.hijack();
  raw.on('error', leave).on('close', leave);
  raw.writeHead(200, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.write(`retry: ${RETRY_MS}\n\n`);
  try {
    for await (const text of stream(signal)) {
      if (signal.aborted) break;
      if (!raw.write(text)) await drained(raw, signal);
    }
  } catch (error) {
    if (!signal.aborted) raw.write(eventText('problem', problemFor(context, error, reply.request.id)));
  } finally {
    leave();
    raw.end();
  }
}

async function drained(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  // Whoever leaves meanwhile does not read on.
  await once(raw, 'drain', { signal }).catch(() => {});
}

function problemFor(context: AppContext, error: unknown, id: string): unknown {
  const problem = problemOf(error);
  if (problem !== null) return problem;
  context.onFault(error, id);
  return unexpectedProblem(id);
}
