/** What the embedded router's tests share: a router with one service, backends of its own, raw connections. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { Pool } from 'undici';
import type { OperationContext } from '../../../src/domain/operation.ts';
import type { Address } from '../../../src/domain/target.ts';
import { EmbeddedRouter } from '../../../src/routers/embedded/embedded-router.ts';
import type { ServiceRoute } from '../../../src/routers/embedded/service-route.ts';
import type { Split } from '../../../src/routers/router.ts';

export const OLD = '1.0.0-000000000001';
export const NEW = '2.0.0-000000000002';
export const context: OperationContext = { signal: new AbortController().signal };

export function newGets(percent: number): Split {
  return { release: NEW, percent };
}

/** Answers a request, at once or later. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server of which every connection is known, so that it can go down as if it were killed. */
export class TestServer {
  readonly server: Server | NetServer;
  readonly sockets = new Set<Socket>();
  /** Connections accepted so far. */
  connections = 0;

  constructor(server: Server | NetServer) {
    this.server = server;
    server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** Listens on a free port unless one is given. */
  static http(handler: Handler, port = 0): Promise<TestServer> {
    const server = createServer((request, response) => {
      // A handler that waits for the rest of a request that is broken off has nothing to report.
      void Promise.resolve(handler(request, response)).catch((error: unknown) => {
        if (request.complete) throw error;
      });
    });
    return new TestServer(server).listen(port);
  }

  /** A server that does with a connection whatever `handler` does. */
  static raw(handler: (socket: Socket) => void): Promise<TestServer> {
    return new TestServer(createNetServer(handler)).listen();
  }

  async listen(port = 0): Promise<this> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }

  /** As after SIGKILL: nobody listens any more and every connection is reset. */
  kill(): void {
    this.server.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
  }
}

/** A router that serves `api`, the client and the backends of one test; disposing of it stops them all. */
export class Bench implements AsyncDisposable {
  readonly router: EmbeddedRouter;
  readonly client: Pool;
  readonly port: number;
  readonly #servers: TestServer[] = [];

  private constructor(router: EmbeddedRouter) {
    this.router = router;
    this.port = router.address('api')!.port;
    this.client = new Pool(`http://127.0.0.1:${this.port}`, { connections: 64 });
  }

  static async open(route: Partial<ServiceRoute> = {}): Promise<Bench> {
    const router = new EmbeddedRouter();
    await router.configure({ service: 'api', ...route });
    return new Bench(router);
  }

  /** Admits a backend of release 1.0.0 whose requests `handler` answers. */
  async http(target: string, handler: Handler): Promise<TestServer> {
    return this.admit(target, await TestServer.http(handler));
  }

  /** Admits a backend that answers with its own name. */
  async named(target: string, release = OLD, split: Split | null = null): Promise<TestServer> {
    const server = await TestServer.http((_request, response) => response.end(target));
    return await this.admit(target, server, release, split);
  }

  /** Admits a backend whose connections `handler` gets. */
  async raw(target: string, handler: (socket: Socket) => void): Promise<TestServer> {
    return this.admit(target, await TestServer.raw(handler));
  }

  async admit(
    target: string,
    server: TestServer,
    release = OLD,
    split: Split | null = null,
  ): Promise<TestServer> {
    this.#servers.push(server);
    await this.router.admit('api', { target, release, address: server.address }, split, context);
    return server;
  }

  /** Admits a backend at whose address nobody listens. */
  async dead(target: string, release = OLD): Promise<void> {
    const server = await TestServer.raw(() => {});
    const { address } = server;
    server.kill();
    await this.router.admit('api', { target, release, address }, null, context);
  }

  /** One request to the service. */
  async ask(path = '/', options: Parameters<Pool['request']>[0] | object = {}): Promise<Answer> {
    const response = await this.client.request({ method: 'GET', path, ...options });
    const body = await response.body.text();
    return { status: response.statusCode, headers: response.headers, body, trailers: response.trailers };
  }

  /** The status, the code in `x-sluice-error`, and the sentence. */
  async refusal(path = '/', options: object = {}): Promise<[number, unknown, string]> {
    const { status, headers, body } = await this.ask(path, options);
    return [status, headers['x-sluice-error'], body];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.destroy();
    await this.router.close({ graceMs: 0 });
    for (const server of this.#servers) server.kill();
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
  readonly trailers: Record<string, string>;
}

/** Sends the bytes on a connection of their own; resolves with all that comes until it is closed. */
export async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.setEncoding('latin1');
  let received = '';
  socket.on('data', (chunk: string) => {
    received += chunk;
  });
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return received;
}

/** Everything that a request's or response's body has. */
export async function readAll(stream: IncomingMessage): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += chunk;
  return text;
}
