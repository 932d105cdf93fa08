/**
 * One request and its response on their way through the router.
 *
 *   waiting -> connecting -> sent -> answering -> done
 *
 * | in         | what happens                                    | goes to                                    |
 * |------------|-------------------------------------------------|--------------------------------------------|
 * | waiting    | a backend has room                              | connecting                                 |
 * |            | no room in time, line full                      | done (503)                                 |
 * | connecting | undici begins to write the request              | sent                                       |
 * |            | no connection                                   | connecting or waiting, else done (502, 504)|
 * | sent       | the head of the response                        | answering                                  |
 * |            | the connection is lost and it may be sent again | connecting or waiting, else done (502)     |
 * |            | no head in time, or not HTTP                    | done (504, 502)                            |
 * | answering  | the end of the response, or of the tunnel       | done                                       |
 * |            | the backend breaks off                          | done, and the client is broken off too     |
 * | any        | the client leaves                               | done, and the backend is left too          |
 *
 * What may be sent again is said in `second-try.ts`.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Backend } from './backend.ts';
import type { Wish } from './backend-pool.ts';
import type { Incoming, UpgradeRequest } from './incoming.ts';
import * as refusals from './refusal.ts';
import { Reply } from './reply.ts';
import { RequestBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';
import { type FlatHeaders, passedOn } from './response-head.ts';
import type { Entrance, RoutedService } from './routed-service.ts';
import { isUnreachable, mayTryAgain } from './second-try.ts';
import { cookieValue, stickyCookie } from './sticky-cookie.ts';
import { Tunnel } from './tunnel.ts';
import type { Waiter } from './waiting-line.ts';

export class Exchange implements Dispatcher.DispatchHandler, Waiter {
  readonly #entrance: Entrance;
  readonly #service: RoutedService;
  readonly #request: IncomingMessage;
  readonly #reply: Reply;
  readonly #head: RequestHead;
  readonly #upgrade: UpgradeRequest | null;
  readonly #wish: Wish;
  #phase: 'waiting' | 'connecting' | 'sent' | 'answering' | 'done' = 'waiting';
  /** Of the backend's response, once there is one. */
  #status = 0;
  #backend: Backend | null = null;
  #tried: Backend[] = [];
  #resends = 0;
  /** When the request was last begun to be written to a backend. */
  #sentAt = 0;
  #body: RequestBody | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #clientLeft = false;
  #expectsContinue: boolean;

  constructor({ entrance, service, request, response, head, upgrade, expectsContinue }: Incoming) {
    this.#entrance = entrance;
    this.#service = service;
    this.#request = request;
    this.#reply = new Reply(request, response);
    this.#head = head;
    this.#upgrade = upgrade;
    this.#expectsContinue = expectsContinue;
    const { stickyCookie: cookie } = service.route;
    this.#wish = {
      release: head.release,
      token: cookie === false ? null : cookieValue(head.cookies, cookie),
    };
  }

  /** Sends the request to a backend, or has it wait for one. */
  begin(): void {
    this.#reply.watch(
      () => this.#onClientClosed(),
      () => this.#onClientIdle(),
    );
    if (this.#service.pool.line.length === 0 && this.tryToGo()) return;
    if (!this.#standInLine()) this.giveUp();
  }

  tryToGo(): boolean {
    const { pool } = this.#service;
    const backend = pool.choose(this.#wish, this.#tried);
    if (backend !== null) this.#sendTo(backend);
    // The backend that it hoped for has gone: nobody is to wait behind it.
    else if (this.#tried.length > 0 && !pool.isWorthWaiting(this.#tried)) this.giveUp();
    else return false;
    return true;
  }

  giveUp(): void {
    const { name, pool, leaving } = this.#service;
    if (leaving) this.#refuse(refusals.closing(name));
    else this.#refuse(pool.empty ? refusals.noBackend(name) : refusals.overloaded(name));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#phase = 'sent';
    this.#sentAt = performance.now();
    this.#backend!.connectSucceeded();
    if (this.#clientLeft) controller.abort(new ClientLeftError());
    else if (this.#expectsContinue) {
      this.#expectsContinue = false;
      this.#reply.continue();
    }
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) {
      // Undici waits anew with each of these; nobody is kept waiting by them for ever.
      if (performance.now() - this.#sentAt > this.#service.route.responseTimeoutMs) {
        controller.abort(new ResponseTimeoutError());
      } else if (status === 103) this.#reply.hint(headers);
      return;
    }
    const flat = passedOn(headers, status);
    if (flat === null) {
      controller.abort(new refusals.BadResponseError());
      return;
    }
    if (this.#entrance.closing) this.#reply.closeAfterwards();
    this.#answering(status, flat);
    this.#reply.head(status, flat, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#reply.data(chunk, controller);
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#reply.end(trailers);
    this.#done(this.#status >= 500);
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    upstream: Duplex,
  ): void {
    const { protocol, first } = this.#upgrade!;
    const backend = this.#backend!;
    const flat = passedOn(headers, status) ?? [];
    flat.push('connection', 'upgrade', 'upgrade', headers.upgrade ?? protocol);
    this.#answering(status, flat);
    const client = this.#reply.upgrade(flat);
    upstream.write(first);
    const tunnel = new Tunnel(client, upstream, this.#service.route.idleTimeoutMs, () => {
      backend.tunnels.delete(tunnel);
      this.#done(false);
    });
    backend.tunnels.add(tunnel);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#phase === 'done') return;
    const backend = this.#backend!;
    const code = codeOf(error);
    if (this.#phase === 'connecting' && isUnreachable(code)) backend.connectFailed();
    if (this.#clientLeft) {
      this.#phase = 'done';
      this.#leave(backend);
    } else if (this.#phase === 'answering') {
      // Undici takes the length that a 304 may state, of the body that it stands for, for one of its own, and
      // that of a 204, which is a mistake but means nothing.
      const whole =
        (this.#status === 304 || this.#status === 204) && code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
      this.#done(!whole);
      if (whole) this.#reply.end({});
      else this.#reply.breakOff();
    } else {
      this.#leave(backend);
      if (this.#trySomewhere(backend, code)) return;
      this.#service.stats.ended(backend.release, true);
      this.#refuse(refusals.upstreamFailure(this.#service.name, error, this.#phase === 'sent'));
    }
  }

  /** False when the line is full, or there is nothing to wait for. */
  #standInLine(): boolean {
    const { leaving, pool, route } = this.#service;
    if (leaving || pool.line.length >= route.maxQueue) return false;
    this.#phase = 'waiting';
    pool.line.join(this, route.queueTimeoutMs);
    return true;
  }

  #sendTo(backend: Backend): void {
    if (this.#tried.length > 0) this.#service.stats.retried += 1;
    const { method, path, headers, hasBody } = this.#head;
    const { responseTimeoutMs, idleTimeoutMs } = this.#service.route;
    this.#phase = 'connecting';
    this.#backend = backend;
    this.#controller = null;
    this.#body = hasBody ? new RequestBody(this.#request) : null;
    const options = {
      method,
      path,
      headers,
      body: this.#body,
      upgrade: this.#upgrade?.protocol ?? null,
      headersTimeout: responseTimeoutMs,
      bodyTimeout: idleTimeoutMs,
    };
    if (this.#resends > 0) backend.sendAfresh(options, this);
    else backend.send(options, this);
  }

  /** Tries another backend, or the same one if only a connection was lost. False when that may not be. */
  #trySomewhere(failed: Backend, code: string): boolean {
    const { pool } = this.#service;
    const { method } = this.#head;
    const sent = this.#phase === 'sent';
    if (!mayTryAgain({ code, sent, method, body: this.#body, resends: this.#resends })) return false;
    this.#tried.push(failed);
    if (sent) this.#resends += 1;
    const other = pool.choose(this.#wish, this.#tried);
    if (other !== null) this.#sendTo(other);
    else if (pool.isWorthWaiting(this.#tried)) return this.#standInLine();
    else if (sent && !failed.draining) this.#sendTo(failed);
    else return false;
    return true;
  }

  /** The backend answers; `headers` gets the cookie that keeps the person there, where one is due. */
  #answering(status: number, headers: FlatHeaders): void {
    const { pool, route } = this.#service;
    const backend = this.#backend!;
    this.#phase = 'answering';
    this.#status = status;
    backend.answered += 1;
    if (route.stickyCookie !== false && this.#wish.token !== backend.token && pool.divided) {
      headers.push('set-cookie', stickyCookie(route.stickyCookie, backend.token));
    }
  }

  #done(failed: boolean): void {
    const backend = this.#backend!;
    this.#phase = 'done';
    this.#service.stats.ended(backend.release, failed);
    this.#leave(backend);
  }

  #leave(backend: Backend): void {
    backend.leave();
    this.#service.pool.line.advance();
  }

  #refuse(refusal: refusals.Refusal): void {
    this.#phase = 'done';
    this.#service.stats.refused(refusal.status);
    if (this.#entrance.closing) this.#reply.closeAfterwards();
    this.#reply.refuse(refusal);
  }

  #onClientClosed(): void {
    if (this.#phase === 'done') return;
    this.#clientLeft = true;
    if (this.#phase === 'waiting') {
      this.#phase = 'done';
      this.#service.pool.line.leave(this);
    } else this.#controller?.abort(new ClientLeftError());
  }

  /** Nothing moved on the client's connection for the idle time: its fault only if it was its turn. */
  #onClientIdle(): void {
    const inTouch = this.#phase === 'sent' || this.#phase === 'answering';
    if (this.#reply.unread || (inTouch && !this.#request.complete)) this.#reply.breakOff();
    else this.#request.socket.setTimeout(this.#service.route.idleTimeoutMs);
  }
}

/** The backend has said that it is at work, but not begun its response in time. */
class ResponseTimeoutError extends Error {
  readonly code = 'UND_ERR_HEADERS_TIMEOUT';
}

class ClientLeftError extends Error {
  override readonly message = 'the client has left';
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
