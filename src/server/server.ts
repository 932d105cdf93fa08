/**
 * The server: a controller and its HTTP side, on one project, in this process. It listens on this machine only unless it
 * is told otherwise, and never beyond it without a token. When it stops, streams end, what is under way is answered, and
 * its deployments are left for whoever goes on with them; the next server does so by itself.
 */
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInputError, messageOf, OperationError } from '../errors.ts';
import type { Project } from '../project/project.ts';
import { whoami } from '../project/project.ts';
import { type App, createApp } from './app.ts';
import { Controller } from './controller/controller.ts';
import { isLoopback } from './http/guards.ts';
import { ServerStore } from './store/server-store.ts';

/** The built dashboard, beside this in the package. */
const DASHBOARD = fileURLToPath(new URL('../dashboard', import.meta.url));
/** What is under way has this long to be answered when the server stops. */
const ANSWER_WITHIN_MS = 5_000;
const PERSON = /^[^\s()\p{C}@]{1,64}/u;

export interface ServerOptions {
  readonly project: Project;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The address that people use, where a reverse proxy stands before it. Default: none does. */
  readonly publicUrl?: URL;
  /** Of this package. */
  readonly version: string;
  /** A line for whoever runs the server. */
  readonly log: (line: string) => void;
}

/** What the server keeps for itself: `server.db` in the state folder of the project. */
export function openServerStore({ stateDir }: Pick<Project, 'stateDir'>): Promise<ServerStore> {
  return ServerStore.open({ file: join(stateDir, 'server.db') });
}

export class Server implements AsyncDisposable {
  /** Where it can be reached from here. */
  readonly url: string;
  /** The token of an admin that was made because there was none; nobody can tell it again. */
  readonly firstToken: string | null;
  readonly #app: App;
  readonly #controller: Controller;
  readonly #store: ServerStore;

  private constructor(
    url: string,
    firstToken: string | null,
    parts: { readonly app: App; readonly controller: Controller; readonly store: ServerStore },
  ) {
    this.url = url;
    this.firstToken = firstToken;
    this.#app = parts.app;
    this.#controller = parts.controller;
    this.#store = parts.store;
  }

  /**
   * Listens when it resolves.
   * @throws InvalidInputError beyond loopback without any token, OperationError when it cannot listen there
   */
  static async open(options: ServerOptions): Promise<Server> {
    const { project, host, port } = options;
    const store = await openServerStore(project);
    let controller: Controller | null = null;
    let app: App | null = null;
    try {
      const needsToken = store.tokens.countGood() === 0;
      if (needsToken && !isLoopback(host)) throw noToken(host);
      // Before anything is begun: a second server on the port would take up deployments, and then go.
      await assertFree(host, port);
      controller = await Controller.open(project, { log: options.log, version: options.version });
      app = await appOf(options, controller, store);
      const url = await listen(app, host, port);
      const firstToken = needsToken ? makeFirstToken(store) : null;
      return new Server(url, firstToken, { app, controller, store });
    } catch (error) {
      await app?.[Symbol.asyncDispose]();
      await controller?.[Symbol.asyncDispose]();
      store[Symbol.dispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#app.stop();
    const late = setTimeout(() => this.#app.fastify.server.closeAllConnections(), ANSWER_WITHIN_MS);
    await this.#app[Symbol.asyncDispose]();
    clearTimeout(late);
    await this.#controller[Symbol.asyncDispose]();
    this.#store[Symbol.dispose]();
  }
}

function appOf(
  { project, host, publicUrl, version, log }: ServerOptions,
  controller: Controller,
  store: ServerStore,
): Promise<App> {
  return createApp({
    operations: controller,
    store,
    reach: { loopback: isLoopback(host), publicUrl: publicUrl ?? null },
    defaultEnvironment: project.config.defaultEnvironment,
    version,
    dashboard: DASHBOARD,
    onFault: (error, id) => {
      const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
      log(`request ${id} failed: ${stack}`);
    },
  });
}

function noToken(host: string): InvalidInputError {
  return new InvalidInputError(`without a token, anybody who reaches ${host} could deploy`, {
    remedy: 'Make one first: sluice token create --name ann --role admin. Or listen on 127.0.0.1.',
  });
}

/** The token is for whoever starts the server: they could read and write everything anyway. */
function makeFirstToken({ tokens }: ServerStore): string {
  const [name = 'admin'] = PERSON.exec(whoami()) ?? [];
  return tokens.make({ name, grants: [{ environment: '*', role: 'admin' }], by: 'sluice serve' }).secret;
}

async function assertFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(cannotListen(host, port, error)));
    probe.listen(port, bare(host), resolve);
  });
  await closed(probe);
}

function closed(server: NetServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function listen({ fastify }: App, host: string, port: number): Promise<string> {
  try {
    await fastify.listen({ host: bare(host), port });
  } catch (error) {
    throw cannotListen(host, port, error);
  }
  const address = fastify.server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${shown.includes(':') && !shown.startsWith('[') ? `[${shown}]` : shown}:${address.port}`;
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function cannotListen(host: string, port: number, error: unknown): OperationError {
  return new OperationError(`cannot listen on ${host}, port ${port}: ${messageOf(error)}`, {
    cause: error,
    retryable: false,
    remedy: 'Use another one: sluice serve --port 8471. Port 0 is any that is free.',
  });
}
