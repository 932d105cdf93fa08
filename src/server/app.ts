/**
 * The HTTP side of the server: takes `Operations`, which say what can be done, and makes an API of them, with a page
 * that describes it, and the dashboard. It decides who may what; it deploys nothing itself.
 */
import { randomUUID } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import fastifyRateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { PROBLEM_TYPE } from './api/problem.ts';
import { Authentication } from './http/authentication.ts';
import { Connections } from './http/connections.ts';
import type { AppContext } from './http/context.ts';
import { assertOwnHost, setSecurityHeaders } from './http/guards.ts';
import { accessHandlers } from './http/handlers-access.ts';
import { deploymentHandlers } from './http/handlers-deployments.ts';
import { serviceHandlers } from './http/handlers-services.ts';
import { Metrics } from './http/metrics.ts';
import { addPages } from './http/pages.ts';
import { ProblemError, problemOf, refuse, unexpectedProblem } from './http/problems.ts';
import type { Reach } from './http/reach.ts';
import { addRoutes } from './http/routes.ts';
import { Streams } from './http/streams.ts';
import type { Operations } from './operations.ts';
import type { ServerStore } from './store/server-store.ts';

const BODY_LIMIT_BYTES = 65_536;
/** From which a reverse proxy may say for whom it asks: the machine itself, and private networks. */
const PROXIES = 'loopback, linklocal, uniquelocal';

export interface AppOptions {
  readonly operations: Operations;
  readonly store: ServerStore;
  /** Default: only this machine reaches it. */
  readonly reach?: Reach;
  /** Meant where none is named. Default: none. */
  readonly defaultEnvironment?: string | null;
  /** Of this package. */
  readonly version: string;
  /** The folder of the built dashboard; where it has no `index.html`, a page says so. */
  readonly dashboard: string;
  /** Told of everything that nobody expected. @param id that the answer names */
  readonly onFault: (error: unknown, id: string) => void;
  /** Time between two signs of life of a stream. Default 15000. */
  readonly heartbeatMs?: number;
}

export interface App extends AsyncDisposable {
  readonly fastify: FastifyInstance;
  /** Ends all streams, and answers nothing new but that it stops. What is under way goes on. */
  stop(): void;
}

/** Does not listen yet; disposing it closes what it listens on. */
export async function createApp(options: AppOptions): Promise<App> {
  const { operations, onFault, version } = options;
  const reach = options.reach ?? { loopback: true, publicUrl: null };
  const fastify = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: reach.publicUrl === null ? false : PROXIES,
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(request, reply);
      sendProblem(error, request, reply, onFault);
    },
  });
  await fastify.register(fastifyCookie);
  await fastify.register(fastifyRateLimit, { global: false });
  let stopping = false;
  const context = contextOf(fastify, options, reach, () => stopping);
  const { streams, metrics } = context;
  readBodies(fastify);
  fastify.decorateRequest('who');
  fastify.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(request, reply);
    assertOwnHost(request, reach);
    // Whoever holds a connection open goes elsewhere with the next request.
    if (stopping && !/^\/(?:healthz|readyz)$/.test(request.url)) {
      void reply.header('connection', 'close');
      refuse('STOPPING', 'the server stops', 'Try again in a moment.');
    }
  });
  fastify.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, onFault));
  addRoutes(fastify, context, {
    ...accessHandlers(context),
    ...serviceHandlers(context),
    ...deploymentHandlers(context),
  });
  await addPages(fastify, version, options.dashboard);
  const connections = new Connections(fastify.server);
  const watching = new AbortController();
  const watched = metrics.watch(operations, watching.signal).catch((error: unknown) => {
    if (!watching.signal.aborted) onFault(error, 'metrics');
  });
  const stop = () => {
    stopping = true;
    streams.close();
    watching.abort();
  };
  return {
    fastify,
    stop,
    async [Symbol.asyncDispose]() {
      stop();
      connections.close();
      await fastify.close();
      await watched;
    },
  };
}

function contextOf(
  fastify: FastifyInstance,
  { operations, store, onFault, defaultEnvironment = null, heartbeatMs }: AppOptions,
  reach: Reach,
  isStopping: () => boolean,
): AppContext {
  const streams = new Streams((token) => store.tokens.identity(token) !== null, heartbeatMs);
  return {
    operations,
    store,
    streams,
    metrics: new Metrics(operations, () => streams.counts()),
    authentication: new Authentication(fastify, store, reach),
    defaultEnvironment,
    run: randomUUID(),
    isStopping,
    onFault,
  };
}

/** Nothing but JSON is read, and where nothing is sent nothing is missing. */
function readBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
}

function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  onFault: AppOptions['onFault'],
): void {
  const known = problemOf(error);
  if (known === null) onFault(error, request.id);
  const problem = known ?? unexpectedProblem(request.id);
  const headers = error instanceof ProblemError ? error.headers : {};
  void reply
    .code(problem.status)
    .headers(headers)
    .header('cache-control', 'no-store')
    .type(PROBLEM_TYPE)
    // As bytes: a charset, which Fastify adds to text, is nothing that this type has.
    .send(Buffer.from(JSON.stringify(problem)));
}
