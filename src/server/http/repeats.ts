/**
 * Commands with an Idempotency-Key: one that comes again, because its answer was lost or a script runs twice, gets the
 * first answer. While the first is under way, the second waits for it.
 */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Json } from '../../domain/json.ts';
import type { Endpoint } from '../api/endpoint.ts';
import type { Identity } from '../api/permissions.ts';
import type { AnswerStore, StoredAnswer } from '../store/answer-store.ts';
import type { Answer } from './context.ts';
import { refuse } from './problems.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;
const LOOK_FIRST = 'Look what came of it, such as in GET /api/v1/deployments; to ask again, use another key.';

export class Repeats {
  readonly #store: AnswerStore;
  readonly #run: string;
  readonly #underWay = new Map<string, Promise<Answer>>();

  constructor(store: AnswerStore, run: string) {
    this.#store = store;
    this.#run = run;
  }

  /** Does it, unless it was done under the same key before. What failed was not done, and can be tried again. */
  async answer(
    { repeats }: Endpoint,
    request: FastifyRequest,
    { token }: Identity,
    perform: () => Promise<Answer>,
  ): Promise<Answer> {
    const key = request.headers['idempotency-key'];
    if (repeats === 'ignored' || key === undefined) return await perform();
    if (typeof key !== 'string' || !KEY.test(key)) {
      refuse('INVALID_REQUEST', 'Idempotency-Key is not 1 to 255 printable characters without spaces');
    }
    const asked = digestOf(request);
    const before = this.#store.claim(token, key, asked, this.#run);
    if (before !== null) return await this.#again(before, asked, `${token} ${key}`);
    const answering = this.#first(token, key, repeats, perform);
    this.#underWay.set(`${token} ${key}`, answering);
    try {
      return await answering;
    } finally {
      this.#underWay.delete(`${token} ${key}`);
    }
  }

  async #first(
    token: string,
    key: string,
    repeats: Endpoint['repeats'],
    perform: () => Promise<Answer>,
  ): Promise<Answer> {
    try {
      const answer = await perform();
      if ('stream' in answer) return answer;
      const body = repeats === 'refused' ? null : JSON.stringify(answer.body ?? null);
      this.#store.keep(token, key, answer.status, body);
      return answer;
    } catch (error) {
      this.#store.forget(token, key);
      throw error;
    }
  }

  async #again(before: StoredAnswer, asked: Buffer, place: string): Promise<Answer> {
    if (!before.request.equals(asked)) {
      refuse(
        'IDEMPOTENCY_MISMATCH',
        'the Idempotency-Key was used for another request',
        'Use another key for each thing that you ask for.',
      );
    }
    if (before.status === null) {
      const answering = before.run === this.#run ? this.#underWay.get(place) : undefined;
      if (answering !== undefined) return await answering;
      refuse('IDEMPOTENCY_UNKNOWN', 'the server ended before it could answer the first request', LOOK_FIRST);
    }
    if (before.body === null) {
      refuse('IDEMPOTENCY_UNKNOWN', 'it was done, and its answer held a secret that is not kept', LOOK_FIRST);
    }
    const headers = { 'idempotency-replayed': 'true' };
    return { status: before.status, body: JSON.parse(before.body) as Json, headers };
  }
}

function digestOf({ method, url, body }: FastifyRequest): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([method, url, body ?? null]))
    .digest();
}
