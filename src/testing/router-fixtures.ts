/** What the cases of the routers' conformance share: a router under test, small backends, and requests. */
import { Agent, createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../domain/target.ts';
import type { Backend, Router, Split } from '../routers/router.ts';

export interface OpenedRouter {
  /** With nothing in its pool. */
  readonly router: Router;
  /** The service that the cases admit backends to. */
  readonly service: string;
  /** Where requests to the service go, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** By how many of 100 requests, one after the other, a share may be off. 0 for a router that is exact. */
  readonly tolerance: number;
  /**
   * What a change does to the connections of clients. `kept`: nothing. `reset`: those whose request was not read yet
   * may be reset, also new ones; the cases then use a new one for each request, and ask again what was reset. Default
   * `kept`.
   */
  readonly connections?: 'kept' | 'reset';
  /** Whether `inspect` tells how many requests a backend has answered; `null` then. Default true. */
  readonly countsRequests?: boolean;
  /** Stops the router. */
  close(): Promise<void>;
}

export const OLD = '1.0.0-000000000001';
export const NEW = '2.0.0-000000000002';

/** For routers that check backends themselves: requests for it are answered at once, whatever is held. */
export const CHECK_PATH = '/health';

const POLL_MS = 10;

/** An HTTP server that answers with its own name, at once or when it is told to. */
export class NamedServer {
  readonly name: string;
  readonly #server: Server;
  readonly #held: ServerResponse[] = [];
  #holding = false;
  #onHeld: () => void = () => {};

  private constructor(name: string) {
    this.name = name;
    this.#server = createServer(({ url }, response) => {
      if (url === CHECK_PATH) response.end();
      else this.#answer(response);
    });
  }

  static async start(name: string): Promise<NamedServer> {
    const server = new NamedServer(name);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** From now on requests wait for `letGo`. Resolves when the first one waits. */
  hold(): Promise<void> {
    this.#holding = true;
    return new Promise((resolve) => {
      this.#onHeld = resolve;
    });
  }

  letGo(): void {
    this.#holding = false;
    for (const response of this.#held.splice(0)) response.end(this.name);
  }

  async stop(): Promise<void> {
    this.letGo();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(response: ServerResponse): void {
    if (!this.#holding) {
      response.end(this.name);
      return;
    }
    response.write('');
    this.#held.push(response);
    this.#onHeld();
  }
}

/** A router under test with the servers that a case starts; all is stopped at its end. */
export class RouterCase {
  readonly router: Router;
  readonly service: string;
  readonly tolerance: number;
  readonly countsRequests: boolean;
  readonly context = { signal: AbortSignal.timeout(30_000) };
  readonly #opened: OpenedRouter;
  readonly #agent: Agent;
  readonly #servers: NamedServer[] = [];

  constructor(opened: OpenedRouter) {
    this.#opened = opened;
    this.router = opened.router;
    this.service = opened.service;
    this.tolerance = opened.tolerance;
    this.countsRequests = opened.countsRequests ?? true;
    this.#agent = new Agent({ keepAlive: (opened.connections ?? 'kept') === 'kept' });
  }

  async server(name: string): Promise<NamedServer> {
    const server = await NamedServer.start(name);
    this.#servers.push(server);
    return server;
  }

  /** Starts a server named like the target and admits it. */
  async admit(target: string, release: string, split: Split | null = null): Promise<NamedServer> {
    const server = await this.server(target);
    await this.router.admit(this.service, backendOf(server, release), split, this.context);
    return server;
  }

  drain(target: string, release: string): Promise<{ readonly abandoned: number }> {
    return this.router.drain(this.service, target, release, this.context);
  }

  /** A router that is elsewhere needs a moment to hear of a drain; until then it sends requests there. */
  async untilDraining(target: string): Promise<void> {
    for (;;) {
      const { backends } = await this.router.inspect(this.service, this.context);
      if (backends.every((backend) => backend.target !== target || backend.draining)) return;
      await sleep(POLL_MS);
    }
  }

  shift(split: Split | null): Promise<void> {
    return this.router.shift(this.service, split, this.context);
  }

  /** One request: the name of the server that answered it, or the status when it was not 200. */
  async ask(): Promise<string> {
    for (;;) {
      try {
        return await this.#askOnce();
      } catch (error) {
        const wasReset = (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        if (!wasReset || this.#opened.connections !== 'reset') throw error;
      }
    }
  }

  #askOnce(): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(this.#opened.url, { agent: this.#agent }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve(response.statusCode === 200 ? body : String(response.statusCode)));
        response.on('error', reject);
      });
      request.on('error', reject);
    });
  }

  /** How many of `count` requests, one after the other, each server answered. */
  async tally(count: number): Promise<Record<string, number>> {
    const answers: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const answer = await this.ask();
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
    return answers;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#opened.close();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

/** Clients that each ask again as soon as they are answered. */
export class Load {
  readonly #ask: () => Promise<string | null>;
  readonly #clients: readonly Promise<void>[];
  readonly #lost: string[] = [];
  #answered = 0;
  #running = true;
  #onAnswer: () => void = () => {};

  /** @param ask one request: resolves with `null`, or with what is wrong with its answer */
  constructor(clients: number, ask: () => Promise<string | null>) {
    this.#ask = ask;
    this.#clients = Array.from({ length: clients }, () => this.#run());
  }

  /** Resolves when so many more requests have been answered, or one was lost. */
  more(count: number): Promise<void> {
    const goal = this.#answered + count;
    return new Promise((resolve) => {
      this.#onAnswer = () => {
        if (this.#answered >= goal || this.#lost.length > 0) resolve();
      };
      this.#onAnswer();
    });
  }

  /** Ends it; resolves with what was wrong with each answer that was. */
  async stop(): Promise<readonly string[]> {
    this.#running = false;
    await Promise.all(this.#clients);
    return this.#lost;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const wrong = await this.#ask().catch((error: unknown) => String(error));
      if (wrong === null) this.#answered += 1;
      else this.#lost.push(wrong);
      this.#onAnswer();
    }
  }
}

export function backendOf(server: NamedServer, release: string): Backend {
  return { target: server.name, release, address: server.address };
}
