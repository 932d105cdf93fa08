/** The client's side of an exchange: how a response is written to it, wherever it comes from. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { type Refusal, sendRefusal } from './refusal.ts';
import { type FlatHeaders, trailersPassedOn } from './response-head.ts';

/** Responses that wait for their turn on a connection, and what is to be called when it ends before. */
const queues = new WeakMap<Socket, Map<ServerResponse, () => void>>();

function whenGone(socket: Socket, response: ServerResponse, onClosed: () => void): void {
  let queue = queues.get(socket);
  if (queue === undefined) {
    const waiting = new Map<ServerResponse, () => void>();
    socket.once('close', () => {
      for (const close of waiting.values()) close();
    });
    queues.set(socket, waiting);
    queue = waiting;
  }
  queue.set(response, onClosed);
  response.once('close', () => queue.delete(response));
}

/** More hints are more than anybody can use: a client that does not read them would have them pile up. */
const MOST_HINTS = 10;

export class Reply {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #hints = 0;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  /** Calls back when the client has left, or has the whole response; and when its connection is idle. */
  watch(onClosed: () => void, onIdle: () => void): void {
    this.#response.on('close', onClosed);
    this.#response.on('timeout', onIdle);
    // Behind another request that has no answer yet: Node tells only the response whose turn it is.
    if (this.#response.socket === null) whenGone(this.#request.socket, this.#response, onClosed);
  }

  /** True while there is something that the client has not taken yet. */
  get unread(): boolean {
    return this.#response.writableLength > 0;
  }

  /** Tells the client that the body may come. */
  continue(): void {
    this.#response.writeContinue();
  }

  /** Passes on the links of a 103 Early Hints. */
  hint({ link }: IncomingHttpHeaders): void {
    if (link === undefined || this.#request.httpVersionMinor === 0 || this.#hints === MOST_HINTS) return;
    this.#hints += 1;
    try {
      this.#response.writeEarlyHints({ link });
    } catch {
      // Node writes only links that it understands; what is lost is a hint.
    }
  }

  /** Has the client's connection closed after this response. */
  closeAfterwards(): void {
    this.#response.shouldKeepAlive = false;
  }

  /** Writes the head of a response whose headers as they came are `came`. */
  head(status: number, headers: FlatHeaders, came: IncomingHttpHeaders): void {
    if (came.trailer !== undefined && this.#takesTrailers(status, came))
      headers.push('trailer', came.trailer);
    this.#response.writeHead(status, headers);
    // It goes out now, as the body may be long in coming; in one packet with the body when that is there. The
    // encoding is that of the head too, which has to stay byte for byte what it was.
    this.#response.write('', 'latin1');
  }

  /** Writes a part of the body; a client that cannot keep up holds the backend's response back. */
  data(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  end(trailers: IncomingHttpHeaders): void {
    if (this.#response.chunkedEncoding) this.#addTrailers(trailers);
    this.#response.end();
  }

  /** Writes the head of a 101 response; the connection, which is returned, is the caller's from then on. */
  upgrade(headers: FlatHeaders): Socket {
    const { socket } = this.#request;
    this.#response.writeHead(101, headers);
    this.#response.flushHeaders();
    this.#response.detachSocket(socket);
    return socket;
  }

  refuse(refusal: Refusal): void {
    sendRefusal(this.#response, refusal);
  }

  /** Closes the client's connection, which tells it that the response is not whole. */
  breakOff(): void {
    this.#response.destroy();
  }

  #takesTrailers(status: number, came: IncomingHttpHeaders): boolean {
    const bodiless = this.#request.method === 'HEAD' || status === 204 || status === 304;
    const chunked = came['transfer-encoding'] !== undefined && came['content-length'] === undefined;
    return chunked && !bodiless && this.#request.httpVersionMinor > 0;
  }

  #addTrailers(trailers: IncomingHttpHeaders): void {
    // At once: each call takes back what the one before has added.
    this.#response.addTrailers(trailersPassedOn(trailers));
  }
}
