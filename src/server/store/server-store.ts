/**
 * What the server keeps for itself, in `.sluice/server.db`: tokens, sessions, the record of what was asked for, and the
 * answers to commands with an Idempotency-Key. Deployments are not in it: they are in the journal. Secrets are not in it
 * either, only their digests. The command line opens the same file, also while a server runs.
 */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { JournalError, messageOf, SluiceError } from '../../errors.ts';
import { assertUsableFile, createFile } from '../../journal/sqlite/database-file.ts';
import { AnswerStore } from './answer-store.ts';
import { AuditLog } from './audit-log.ts';
import { SessionStore } from './session-store.ts';
import { TokenStore } from './token-store.ts';

/** `SluS`: tells it from the journal. */
const APPLICATION_ID = 0x53_6c_75_53;
const BUSY_TIMEOUT_MS = 5_000;

/** Each brings the file one format further; `user_version` tells which it has. A released one never changes. */
const MIGRATIONS: readonly string[] = [
  /* sql */ `
  CREATE TABLE identity (id TEXT NOT NULL) STRICT;

  -- hash: SHA-256 of the secret. grants: JSON. trigger_service: of a token for CI. Times are milliseconds.
  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    grants TEXT NOT NULL,
    trigger_service TEXT,
    created_at REAL NOT NULL,
    created_by TEXT NOT NULL,
    expires_at REAL,
    revoked_at REAL,
    revoked_by TEXT,
    last_used_at REAL
  ) STRICT;

  -- hash: SHA-256 of what the cookie holds.
  CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    token TEXT NOT NULL REFERENCES token (id),
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_token ON session (token);

  -- status: of the answer; NULL while there is none.
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    by TEXT NOT NULL,
    token TEXT NOT NULL,
    operation TEXT NOT NULL,
    environment TEXT,
    service TEXT,
    deployment TEXT,
    detail TEXT NOT NULL,
    status INTEGER,
    address TEXT NOT NULL
  ) STRICT;

  -- An answer, by who asked and their key. request: SHA-256 of what was asked. run: of the server that was asked.
  CREATE TABLE answer (
    token TEXT NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL,
    run TEXT NOT NULL,
    at REAL NOT NULL,
    status INTEGER,
    body TEXT,
    PRIMARY KEY (token, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answer_at ON answer (at);
  `,
];

export interface ServerStoreOptions {
  readonly file: string;
  /** Milliseconds since the epoch. Default: the time of day. */
  readonly now?: () => number;
}

export class ServerStore implements Disposable {
  readonly tokens: TokenStore;
  readonly sessions: SessionStore;
  readonly audit: AuditLog;
  readonly answers: AnswerStore;
  /** Names this store among all others, for as long as it lives. */
  readonly identity: string;
  readonly #db: Database.Database;

  private constructor(db: Database.Database, now: () => number) {
    this.#db = db;
    this.identity = String(db.prepare('SELECT id FROM identity').pluck().get());
    this.tokens = new TokenStore(db, now);
    this.sessions = new SessionStore(db, now);
    this.audit = new AuditLog(db, now);
    this.answers = new AnswerStore(db, now);
  }

  /** Opens the file, or makes it, with mode 0600. Rejects with `JournalError` when it cannot be used. */
  static async open({ file, now = Date.now }: ServerStoreOptions): Promise<ServerStore> {
    const path = resolve(file);
    try {
      await createFile(path);
      await assertUsableFile(path, false);
      const db = new Database(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
      try {
        prepare(db, path);
        return new ServerStore(db, now);
      } catch (error) {
        db.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      throw new JournalError(`The server's file ${path} cannot be used: ${messageOf(error)}`, {
        remedy: 'Check that this user may read and write it, and that the disk has room.',
        cause: error,
      });
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

function prepare(db: Database.Database, file: string): void {
  db.transaction(() => {
    const format = Number(db.pragma('user_version', { simple: true }));
    const application = Number(db.pragma('application_id', { simple: true }));
    const tables = Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
    const isNew = format === 0 && application === 0 && tables === 0;
    if ((!isNew && application !== APPLICATION_ID) || format > MIGRATIONS.length) {
      throw new JournalError(`${file} is not a file of this Sluice's server`, {
        remedy: 'A newer Sluice, or something else, wrote it: update this one, or move the file away.',
      });
    }
    for (const sql of MIGRATIONS.slice(format)) db.exec(sql);
    if (isNew) db.prepare('INSERT INTO identity VALUES (?)').run(randomBytes(8).toString('hex'));
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
  db.pragma('foreign_keys = ON');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
}
