/**
 * One listening port, and the services that share it: accepts connections, refuses what is not proper HTTP,
 * finds the service by host name, and hands the request on.
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Address } from '../../domain/target.ts';
import { InvalidInputError, messageOf, OperationError } from '../../errors.ts';
import { Exchange } from './exchange.ts';
import { hostHeader, hostName } from './host-name.ts';
import type { UpgradeRequest } from './incoming.ts';
import { badRequest, clientFault, type Refusal, rawRefusal, sendRefusal, unknownHost } from './refusal.ts';
import { readHead } from './request-head.ts';
import type { Entrance, RoutedService } from './routed-service.ts';

/** Idle client connections are kept longer than most load balancers and clients keep theirs. */
const CLIENT_KEEP_ALIVE_MS = 75_000;
/** How often slow requests are looked for. */
const CHECK_INTERVAL_MS = 500;
/** How long a connection that is closed by a refusal is still read. */
const LINGER_MS = 500;

const HTTP_2 = /\bh2c?\b/i;

export class Listener implements Entrance {
  readonly bindHost: string;
  readonly #server: Server;
  readonly #byHost = new Map<string, RoutedService>();
  #fallback: RoutedService | null = null;
  #port = 0;
  #closed: Promise<void> | null = null;

  private constructor(bindHost: string, maxHeaderBytes: number) {
    this.bindHost = bindHost;
    this.#server = createServer({
      insecureHTTPParser: false,
      // Looked for here, to refuse it in words.
      requireHostHeader: false,
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: CLIENT_KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      requestTimeout: 0,
      noDelay: true,
    });
    this.#server.on('request', (request, response) => this.#serve(request, response));
    this.#server.on('checkContinue', (request, response) => this.#serve(request, response, null, true));
    this.#server.on('upgrade', (request, socket, first) => this.#onUpgrade(request, socket as Socket, first));
    this.#server.on('connect', (_request, socket) => {
      if (owesAnswer(socket as Socket)) socket.destroy();
      else refuseRaw(socket as Socket, badRequest('CONNECT is for proxies that lead elsewhere'));
    });
    this.#server.on('clientError', (error, socket) => onClientError(error, socket as Socket));
    // The size of the head bounds them; beyond a count Node would silently drop the rest.
    this.#server.maxHeadersCount = 0;
  }

  /**
   * Starts to listen; port 0 takes any free one.
   * @throws OperationError when the address cannot be had
   */
  static async open(bindHost: string, port: number, maxHeaderBytes: number): Promise<Listener> {
    const listener = new Listener(bindHost, maxHeaderBytes);
    const server = listener.#server;
    await new Promise<void>((resolve, reject) => {
      // Also hears of a connection that could not be accepted later on, which concerns that one only.
      server.on('error', (error) => reject(cannotListen(bindHost, port, error)));
      server.listen(port, bindHost, resolve);
    });
    listener.#port = (server.address() as AddressInfo).port;
    return listener;
  }

  get address(): Address {
    return { host: this.bindHost, port: this.#port };
  }

  get closing(): boolean {
    return this.#closed !== null;
  }

  /** True when no service uses the port any more. */
  get unused(): boolean {
    return this.#byHost.size === 0 && this.#fallback === null;
  }

  /** True when it hands requests to the service. */
  serves(service: RoutedService): boolean {
    return this.#services.includes(service);
  }

  /**
   * Fails when another service has one of the host names already, or answers for all hosts that nobody has.
   * @throws InvalidInputError naming the other service
   */
  assertFree(service: string, hosts: readonly string[]): void {
    const remedy = 'Give each service that shares a port its own host names, or a port of its own.';
    const refuse = (what: string, holder: RoutedService | null | undefined) => {
      if (!holder || holder.name === service) return;
      const message = `Service ${service} cannot have ${what} at port ${this.#port}: service ${holder.name} has`;
      throw new InvalidInputError(message, { remedy });
    };
    for (const host of hosts) refuse(`the host ${host}`, this.#byHost.get(host));
    if (hosts.length === 0) refuse('all hosts', this.#fallback);
  }

  /** Gives the service its host names, and takes back those that it had. */
  attach(service: RoutedService): void {
    this.detach(service);
    for (const host of service.route.hosts) this.#byHost.set(host, service);
    if (service.route.hosts.length === 0) this.#fallback = service;
    this.#adjust();
  }

  detach(service: RoutedService): void {
    for (const [host, holder] of this.#byHost) if (holder === service) this.#byHost.delete(host);
    if (this.#fallback === service) this.#fallback = null;
    if (!this.unused) this.#adjust();
  }

  /**
   * Takes no new connections; those it has are closed after the response that they wait for, and after
   * `graceMs` in any case. Resolves when the last is closed.
   */
  close(graceMs: number): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.#closed;
  }

  /** The bounds of connections are the most generous of the services that share the port. */
  #adjust(): void {
    const routes = this.#services.map((service) => service.route);
    this.#server.headersTimeout = Math.max(...routes.map((route) => route.requestTimeoutMs));
    this.#server.timeout = Math.max(...routes.map((route) => route.idleTimeoutMs));
    // Read by Node for each new connection; its type does not know of it.
    Object.assign(this.#server, { maxHeaderSize: Math.max(...routes.map((route) => route.maxHeaderBytes)) });
    this.#server.maxConnections = Math.max(...routes.map((route) => route.maxConnections));
  }

  get #services(): RoutedService[] {
    const services = [...this.#byHost.values()];
    return this.#fallback === null ? services : [...services, this.#fallback];
  }

  #serve(
    request: IncomingMessage,
    response: ServerResponse,
    upgrade: UpgradeRequest | null = null,
    expectsContinue = false,
  ): void {
    const { httpVersion } = request;
    const service =
      httpVersion === '1.1' || httpVersion === '1.0'
        ? this.#find(request)
        : badRequest('its version of HTTP is not spoken here');
    if ('status' in service) {
      sendRefusal(response, service);
      return;
    }
    const { route } = service;
    if (request.socket.timeout !== route.idleTimeoutMs) request.socket.setTimeout(route.idleTimeoutMs);
    service.stats.requests += 1;
    const head = readHead(request, route, this.#port);
    if ('status' in head) {
      sendRefusal(response, head);
      return;
    }
    const incoming = { entrance: this, service, request, response, head, upgrade, expectsContinue };
    new Exchange(incoming).begin();
  }

  #find(request: IncomingMessage): RoutedService | Refusal {
    const header = hostHeader(request.rawHeaders);
    if (header === undefined) return badRequest('it has more than one Host header');
    if (header === null && request.httpVersionMinor > 0) return badRequest('it has no Host header');
    const host = header === null ? null : hostName(header);
    if (header !== null && host === null) return badRequest('its Host header is not a host name');
    const named = host === null ? undefined : this.#byHost.get(host);
    return named ?? this.#fallback ?? unknownHost(host);
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, first: Buffer): void {
    if (owesAnswer(socket)) {
      // Sent behind a request that has no answer yet: what comes next on this connection cannot be both.
      socket.destroy();
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.destroySoon());
    socket.on('error', () => socket.destroy());
    const { headers } = request;
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
      // What follows would be taken for the other protocol by one side and for a body by the other.
      sendRefusal(response, badRequest('it asks for an upgrade and has a body'));
      return;
    }
    const protocol = headers.upgrade ?? '';
    // HTTP/2 inside would carry any number of requests past the router: it is offered the plain answer. HTTP/1.0
    // knows no upgrades.
    const isPlain = HTTP_2.test(protocol) || request.httpVersionMinor === 0;
    this.#serve(request, response, isPlain ? null : { protocol, first });
  }
}

function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writableEnded) return;
  // There is nobody to answer, or nothing was asked, or it would be taken for the answer to an earlier request.
  if (!socket.writable || error.code === 'ECONNRESET' || socket.bytesRead === 0 || owesAnswer(socket)) {
    socket.destroy();
    return;
  }
  refuseRaw(socket, clientFault(error.code ?? ''));
}

/**
 * True when a request that came whole waits for its answer, or a part of the answer has been written: whatever
 * is written to the socket now would be taken for it. Node keeps the response there itself.
 */
function owesAnswer(socket: Socket): boolean {
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
  return response != null && (response.headersSent || response.req.complete);
}

/**
 * Answers and closes. What the client still sends is read for a moment, as closing on unread bytes would
 * reset the connection and take the answer with it.
 */
function refuseRaw(socket: Socket, refusal: Refusal): void {
  socket.on('error', () => socket.destroy());
  socket.end(rawRefusal(refusal));
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(timer));
}

function cannotListen(bindHost: string, port: number, error: Error): OperationError {
  return new OperationError(`Cannot listen on ${bindHost} port ${port}: ${messageOf(error)}`, {
    cause: error,
    retryable: false,
    remedy: 'Free the port, or give the service another one.',
  });
}
