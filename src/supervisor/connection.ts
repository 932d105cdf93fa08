/** Calls to the supervisor over its socket, one at a time or many at once, over connections that are kept. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { OperationContext } from '../domain/operation.ts';
import {
  FencedError,
  InvalidInputError,
  OperationError,
  type SluiceError,
  SupervisorError,
} from '../errors.ts';
import { formatStamp } from './fence.ts';
import { type Greeting, LEASE_HEADER, type Refusal } from './protocol.ts';

const MOST_CONNECTIONS = 64;

/** The supervisor did not answer: it is not there, or it ended while it was asked. */
export class LostError extends Error {}

export class Connection {
  readonly #socket: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Who answers. Rejects with `LostError` when nobody does, with `OperationError` after `timeoutMs`. */
  async greet(timeoutMs: number): Promise<Greeting> {
    const answer = await this.#exchange('GET', '/', '', { signal: AbortSignal.timeout(timeoutMs) });
    const { protocol, pid } = answer as Partial<Greeting>;
    if (protocol === undefined || pid === undefined)
      throw new SupervisorError('what answers is no supervisor');
    return { protocol, pid };
  }

  /** Calls a method. Rejects with `LostError`, or with what the supervisor answered. */
  post(method: string, input: unknown, context: Partial<OperationContext>): Promise<unknown> {
    return this.#exchange('POST', `/${method}`, JSON.stringify(input), context);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #exchange(
    method: string,
    path: string,
    body: string,
    context: Partial<OperationContext>,
  ): Promise<unknown> {
    const { status, text } = await this.#send(method, path, body, context);
    const answer: unknown = JSON.parse(text);
    if (status === 200) return answer;
    throw errorFrom(answer as Refusal);
  }

  #send(method: string, path: string, body: string, { signal, lease }: Partial<OperationContext>) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const fail = (error: Error) => {
        if (signal?.aborted)
          reject(new OperationError(`${path.slice(1) || 'the greeting'} was given up`, { cause: error }));
        else reject(new LostError(error.message, { cause: error }));
      };
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(lease && { [LEASE_HEADER]: formatStamp(lease) }),
      };
      const options = { socketPath: this.#socket, agent: this.#agent, method, path, headers };
      request({ ...options, ...(signal === undefined ? {} : { signal }) }, (response) => {
        readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
      })
        .once('error', fail)
        .end(body);
    });
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function errorFrom({ code, message, remedy, retryable, evidence }: Refusal): SluiceError {
  const options = remedy === undefined ? {} : { remedy };
  if (code === 'OPERATION') {
    return new OperationError(message, {
      ...options,
      ...(retryable === undefined ? {} : { retryable }),
      ...(evidence === undefined ? {} : { evidence }),
    });
  }
  if (code === 'FENCED') return new FencedError(message, options);
  return code === 'INVALID_INPUT'
    ? new InvalidInputError(message, options)
    : new SupervisorError(message, options);
}
