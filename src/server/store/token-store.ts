/**
 * Tokens: `slu_<id>_<secret>`. The secret is 256 random bits, told once, when the token is made; kept is its SHA-256,
 * which is enough for what nobody could guess. Compared in constant time.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { InvalidInputError } from '../../errors.ts';
import type { TokenView } from '../api/access-answers.ts';
import type { Grant, Identity } from '../api/permissions.ts';

const TOKEN = /^slu_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;
const ID_BYTES = 6;
/** How exact the last use is: a write for each request would be too many. */
const LAST_USE_MS = 60_000;
const DEFAULT_LIFETIME_MS = 365 * 24 * 60 * 60 * 1_000;

interface TokenRow {
  readonly id: string;
  readonly hash: Buffer;
  readonly name: string;
  readonly grants: string;
  readonly trigger_service: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly revoked_by: string | null;
  readonly last_used_at: number | null;
}

export interface NewToken {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly trigger?: { readonly service: string };
  /** Milliseconds since the epoch; `null`: never. Default: in a year. */
  readonly expiresAt?: number | null;
  /** Who makes it. */
  readonly by: string;
}

export interface MadeToken {
  /** The whole token; nobody can tell it again. */
  readonly secret: string;
  readonly token: TokenView;
}

export class TokenStore {
  readonly #db: Database;
  readonly #now: () => number;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  make({ name, grants, trigger, expiresAt, by }: NewToken): MadeToken {
    const now = this.#now();
    if (typeof expiresAt === 'number' && expiresAt <= now) {
      throw new InvalidInputError('the token would have expired already', {
        remedy: 'Give a time that is still to come.',
      });
    }
    const id = randomBytes(ID_BYTES).toString('hex');
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const row: TokenRow = {
      id,
      hash: digestOf(secret),
      name,
      grants: JSON.stringify(grants),
      trigger_service: trigger?.service ?? null,
      created_at: now,
      created_by: by,
      expires_at: expiresAt === undefined ? now + DEFAULT_LIFETIME_MS : expiresAt,
      revoked_at: null,
      revoked_by: null,
      last_used_at: null,
    };
    this.#db
      .prepare(
        `INSERT INTO token VALUES (@id, @hash, @name, @grants, @trigger_service, @created_at, @created_by,
         @expires_at, @revoked_at, @revoked_by, @last_used_at)`,
      )
      .run(row);
    return { secret: `slu_${id}_${secret}`, token: viewOf(row) };
  }

  /** Whose token this is; `null` unless it is one that is good now. */
  verify(token: string): Identity | null {
    const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
    const row = this.#row(id);
    // Compared also where there is nothing to compare with: how long it takes tells nothing.
    const isRight = timingSafeEqual(digestOf(secret), row?.hash ?? digestOf('no such token'));
    return row !== undefined && isRight && this.#isGood(row) ? this.#use(row) : null;
  }

  /** Whose token has this id; `null` unless it is good now. */
  identity(id: string): Identity | null {
    const row = this.#row(id);
    return row !== undefined && this.#isGood(row) ? this.#use(row) : null;
  }

  find(id: string): TokenView | null {
    const row = this.#row(id);
    return row === undefined ? null : viewOf(row);
  }

  /** Newest first. */
  list(): TokenView[] {
    const rows = this.#db.prepare<[], TokenRow>('SELECT * FROM token ORDER BY created_at DESC, id').all();
    return rows.map(viewOf);
  }

  /** How many are good now. */
  countGood(): number {
    const rows = this.#db.prepare<[], TokenRow>('SELECT * FROM token').all();
    return rows.filter((row) => this.#isGood(row)).length;
  }

  /** Makes it worthless, with all its sessions. One that is revoked already stays as it is. */
  revoke(id: string, by: string): TokenView {
    this.#db.transaction(() => {
      this.#db
        .prepare('UPDATE token SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL')
        .run(this.#now(), by, id);
      this.#db.prepare('DELETE FROM session WHERE token = ?').run(id);
    })();
    const token = this.find(id);
    if (token !== null) return token;
    throw new InvalidInputError(`there is no token ${JSON.stringify(id)}`, {
      remedy: 'See which there are: sluice token list.',
    });
  }

  #row(id: string): TokenRow | undefined {
    return this.#db.prepare<[string], TokenRow>('SELECT * FROM token WHERE id = ?').get(id);
  }

  #isGood({ revoked_at, expires_at }: TokenRow): boolean {
    return revoked_at === null && (expires_at === null || this.#now() < expires_at);
  }

  #use(row: TokenRow): Identity {
    const now = this.#now();
    if (row.last_used_at === null || now - row.last_used_at >= LAST_USE_MS) {
      this.#db.prepare('UPDATE token SET last_used_at = ? WHERE id = ?').run(now, row.id);
    }
    const { id, name, grants, trigger } = viewOf(row);
    return { name, token: id, grants, ...(trigger === null ? {} : { trigger }) };
  }
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function viewOf(row: TokenRow): TokenView {
  return {
    id: row.id,
    name: row.name,
    grants: JSON.parse(row.grants) as Grant[],
    trigger: row.trigger_service === null ? null : { service: row.trigger_service },
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    revokedBy: row.revoked_by,
    lastUsedAt: row.last_used_at,
  };
}
