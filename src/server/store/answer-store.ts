/** Answers to commands with an Idempotency-Key, for a day: a command that is sent again is not done again. */
import type { Database } from 'better-sqlite3';

const KEPT_MS = 24 * 60 * 60 * 1_000;

export interface StoredAnswer {
  /** SHA-256 of what was asked. */
  readonly request: Buffer;
  /** Of the server that was asked. */
  readonly run: string;
  /** `null`: there was none yet. */
  readonly status: number | null;
  readonly body: string | null;
}

export class AnswerStore {
  readonly #db: Database;
  readonly #now: () => number;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** Claims the key for a request; what it stands for already, where somebody was before. */
  claim(token: string, key: string, request: Buffer, run: string): StoredAnswer | null {
    const now = this.#now();
    return this.#db
      .transaction(() => {
        this.#db.prepare('DELETE FROM answer WHERE at <= ?').run(now - KEPT_MS);
        const found = this.#db
          .prepare<[string, string], StoredAnswer>(
            'SELECT request, run, status, body FROM answer WHERE token = ? AND key = ?',
          )
          .get(token, key);
        if (found !== undefined) return found;
        this.#db
          .prepare('INSERT INTO answer VALUES (?, ?, ?, ?, ?, NULL, NULL)')
          .run(token, key, request, run, now);
        return null;
      })
      .immediate();
  }

  keep(token: string, key: string, status: number, body: string | null): void {
    this.#db
      .prepare('UPDATE answer SET status = ?, body = ? WHERE token = ? AND key = ?')
      .run(status, body, token, key);
  }

  /** Nothing was done: the key can be used again. */
  forget(token: string, key: string): void {
    this.#db.prepare('DELETE FROM answer WHERE token = ? AND key = ?').run(token, key);
  }
}
