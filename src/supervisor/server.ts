/**
 * The supervisor's ear: JSON over HTTP over a Unix socket that only its owner can open. What the methods do
 * is not its business; it checks what comes in, and turns what is thrown into an answer.
 */
import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { InvalidInputError, messageOf, OperationError, SluiceError } from '../errors.ts';
import { Fence, parseStamp } from './fence.ts';
import {
  type Greeting,
  type Input,
  LEASE_HEADER,
  type Method,
  type Output,
  PROTOCOL,
  type Refusal,
} from './protocol.ts';
import { INPUTS } from './protocol-schema.ts';

const LARGEST_BODY_BYTES = 4 * 1024 * 1024;
/** More than this is not even read to its end. */
const MOST_BYTES_READ = 16 * LARGEST_BODY_BYTES;
/** For a call to come whole; how long it takes to answer is the matter of its method. */
const CALL_TIMEOUT_MS = 30_000;
const SWEEP_INTERVAL_MS = 20;

export type Handlers = {
  readonly [M in Method]: (input: Input<M>, signal: AbortSignal) => Promise<Output<M>>;
};

export class SupervisorServer {
  readonly #handlers: Handlers;
  readonly #report: (line: string) => void;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #fence = new Fence();
  #quietSince = performance.now();

  constructor(handlers: Handlers, report: (line: string) => void) {
    this.#handlers = handlers;
    this.#report = report;
    this.#server = createServer(
      { keepAliveTimeout: 0, requestTimeout: CALL_TIMEOUT_MS },
      (request, response) => {
        void this.#answer(request, response);
      },
    );
    this.#server.on('connection', (socket) => this.#welcome(socket));
  }

  /** For how long no client has been connected. */
  get quietMs(): number {
    return this.#clients.size > 0 ? 0 : performance.now() - this.#quietSince;
  }

  async listen(path: string): Promise<void> {
    const failed = new Promise<never>((_resolve, reject) => this.#server.once('error', reject));
    const mask = process.umask(0o077);
    const listening = new Promise<void>((resolve) => this.#server.listen(path, resolve));
    process.umask(mask);
    await Promise.race([listening, failed]);
    await chmod(path, 0o600);
  }

  /** Takes no more connections, lets the calls under way end within `graceMs`, and cuts off the rest. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // A connection that is kept alive after its last answer would hold the server open.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP_INTERVAL_MS);
    const deadline = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
  }

  #welcome(socket: Socket): void {
    this.#clients.add(socket);
    socket.once('close', () => {
      this.#clients.delete(socket);
      this.#quietSince = performance.now();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      reply(response, 200, await this.#serve(request, gone.signal));
    } catch (error) {
      // Who has left halfway is told nothing, and is no news.
      if (response.destroyed) return;
      if (!(error instanceof SluiceError)) this.#report(`${request.url}: ${stackOf(error)}`);
      reply(response, 400, refusalOf(error));
    }
  }

  async #serve(request: IncomingMessage, signal: AbortSignal): Promise<unknown> {
    const name = (request.url ?? '').slice(1);
    if (request.method === 'GET' && name === '') {
      return { protocol: PROTOCOL, pid: process.pid } satisfies Greeting;
    }
    if (request.method !== 'POST' || !isMethod(name)) {
      throw new InvalidInputError(`the supervisor does not know ${request.method} ${request.url}`);
    }
    return this.#call(name, await readJson(request), request.headers[LEASE_HEADER], signal);
  }

  #call<M extends Method>(
    method: M,
    body: unknown,
    lease: string | string[] | undefined,
    signal: AbortSignal,
  ): Promise<Output<M>> {
    const parsed = INPUTS[method].safeParse(body);
    if (!parsed.success) {
      throw new InvalidInputError(`${method} was called wrongly: ${z.prettifyError(parsed.error)}`);
    }
    if (lease !== undefined) this.#assertCurrent(serviceOf(parsed.data), String(lease));
    return this.#handlers[method](parsed.data, signal);
  }

  #assertCurrent(service: string | null, text: string): void {
    const lease = parseStamp(text);
    if (lease === null) throw new InvalidInputError(`${JSON.stringify(text)} is not the stamp of a lease`);
    if (service !== null) this.#fence.assertCurrent(service, lease);
  }
}

/** The service that a call is about; `null` for one that is about all. */
function serviceOf(input: Input<Method>): string | null {
  if ('route' in input) return input.route.service;
  return 'service' in input ? input.service : null;
}

function isMethod(name: string): name is Method {
  return Object.hasOwn(INPUTS, name);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // What is too much is still read, so that the answer finds a connection in order.
    if (bytes <= LARGEST_BODY_BYTES) chunks.push(chunk);
    if (bytes > MOST_BYTES_READ) request.destroy();
  }
  if (bytes > LARGEST_BODY_BYTES) throw new InvalidInputError('the call is larger than 4 MB');
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new InvalidInputError('the call is not JSON', { cause: error });
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Of what was not expected; it goes to the supervisor's own log. */
function stackOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}

function refusalOf(error: unknown): Refusal {
  return {
    code: error instanceof SluiceError ? error.code : 'SUPERVISOR',
    message: messageOf(error),
    ...(error instanceof SluiceError && error.remedy !== undefined ? { remedy: error.remedy } : {}),
    ...(error instanceof OperationError
      ? { retryable: error.retryable, evidence: { ...error.evidence, log: [...(error.evidence.log ?? [])] } }
      : {}),
  };
}
