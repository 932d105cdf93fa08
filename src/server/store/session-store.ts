/**
 * Sessions: what a token is exchanged for, so that a browser keeps nothing that scripts could read. They outlive the
 * process, as the dashboard on the wall does; they end with their token.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';

const LIFETIME_MS = 30 * 24 * 60 * 60 * 1_000;
const SECRET_BYTES = 32;

export interface Session {
  /** Id of its token. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** What proves that a request comes from a page that may read its own answers. */
  readonly csrf: string;
}

export class SessionStore {
  readonly #db: Database;
  readonly #now: () => number;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** @returns what goes into the cookie, and the session */
  begin(token: string): { readonly cookie: string; readonly session: Session } {
    const now = this.#now();
    const cookie = randomBytes(SECRET_BYTES).toString('base64url');
    const expiresAt = now + LIFETIME_MS;
    this.#db.prepare('DELETE FROM session WHERE expires_at <= ?').run(now);
    this.#db.prepare('INSERT INTO session VALUES (?, ?, ?, ?)').run(digestOf(cookie), token, now, expiresAt);
    return { cookie, session: { token, expiresAt, csrf: csrfOf(cookie) } };
  }

  /** The session of a cookie; `null` when it is none, or over. */
  find(cookie: string): Session | null {
    const row = this.#db
      .prepare<[Buffer], { token: string; expires_at: number }>(
        'SELECT token, expires_at FROM session WHERE hash = ?',
      )
      .get(digestOf(cookie));
    if (row === undefined || row.expires_at <= this.#now()) return null;
    return { token: row.token, expiresAt: row.expires_at, csrf: csrfOf(cookie) };
  }

  end(cookie: string): void {
    this.#db.prepare('DELETE FROM session WHERE hash = ?').run(digestOf(cookie));
  }
}

function digestOf(cookie: string): Buffer {
  return createHash('sha256').update(cookie).digest();
}

/** Follows from the cookie, which no other site can read, and tells nothing of it. */
function csrfOf(cookie: string): string {
  return createHmac('sha256', cookie).update('csrf').digest('base64url');
}
