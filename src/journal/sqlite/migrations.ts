/**
 * The format of the SQLite journal, and how a file gets there. `MIGRATIONS[n - 1]` brings a file from format
 * n - 1 to format n; `user_version` tells which one a file has. A migration that was released never changes:
 * what has to be different goes into the next one.
 */
import type { Database } from 'better-sqlite3';
import { journalFault } from './faults.ts';

/** `Slui`: tells a journal from any other SQLite database. */
const APPLICATION_ID = 0x53_6c_75_69;

export const MIGRATIONS: readonly string[] = [
  /* sql */ `
  -- One row a deployment: its summary. position is the order of creation over all services; number is the
  -- <n> of the id <service>-<n>. Times are milliseconds, not necessarily whole.
  CREATE TABLE deployment (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    number INTEGER NOT NULL,
    service TEXT NOT NULL,
    environment TEXT NOT NULL,
    version TEXT NOT NULL,
    release_id TEXT NOT NULL,
    strategy TEXT NOT NULL,
    targets INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at REAL NOT NULL,
    ended_at REAL,
    phase TEXT NOT NULL,
    outcome TEXT,
    reason TEXT,
    seq INTEGER NOT NULL
  ) STRICT;
  -- Each index ends with position, and so gives its rows in the order of the list.
  CREATE INDEX deployment_service ON deployment (service);
  CREATE INDEX deployment_environment ON deployment (environment);
  CREATE INDEX deployment_running ON deployment (position) WHERE ended_at IS NULL;

  CREATE TABLE event (
    deployment INTEGER NOT NULL REFERENCES deployment (position),
    seq INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (deployment, seq)
  ) STRICT;

  CREATE TABLE signal (
    deployment INTEGER NOT NULL REFERENCES deployment (position),
    id INTEGER NOT NULL,
    at REAL NOT NULL,
    signal TEXT NOT NULL,
    PRIMARY KEY (deployment, id)
  ) STRICT, WITHOUT ROWID;

  -- The row stays when the lease is released, so that the epochs of a key never start again.
  CREATE TABLE lease (
    service TEXT NOT NULL,
    environment TEXT NOT NULL,
    holder TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    since REAL NOT NULL,
    expires_at REAL NOT NULL,
    doing TEXT NOT NULL,
    released INTEGER NOT NULL,
    PRIMARY KEY (service, environment)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE plan (
    digest TEXT PRIMARY KEY,
    plan TEXT NOT NULL
  ) STRICT;
  `,
  /* sql */ `
  -- 1: not part of the journal any more; the row goes when its events are gone, see removal.ts.
  ALTER TABLE deployment ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE deployment ADD COLUMN plan_digest TEXT NOT NULL DEFAULT '';
  UPDATE deployment SET plan_digest = coalesce((
    SELECT iif(json_valid(event), event ->> '$.plan.digest', NULL) FROM event
    WHERE event.deployment = position AND seq = 1
  ), '');

  CREATE INDEX deployment_place ON deployment (service, environment);
  CREATE INDEX deployment_outcome ON deployment (service, environment, outcome);
  CREATE INDEX deployment_release ON deployment (service, environment, release_id);
  CREATE INDEX deployment_removed ON deployment (position) WHERE removed = 1;

  -- The last number of each service that was given out, so that none comes twice.
  CREATE TABLE counter (
    service TEXT PRIMARY KEY,
    last_number INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO counter SELECT service, max(number) FROM deployment GROUP BY service;

  ALTER TABLE plan ADD COLUMN service TEXT NOT NULL DEFAULT '';
  ALTER TABLE plan ADD COLUMN environment TEXT NOT NULL DEFAULT '';
  ALTER TABLE plan ADD COLUMN version TEXT NOT NULL DEFAULT '';
  ALTER TABLE plan ADD COLUMN created_at REAL NOT NULL DEFAULT 0;
  UPDATE plan SET
    service = coalesce(plan ->> '$.service', ''),
    environment = coalesce(plan ->> '$.environment', ''),
    version = coalesce(plan ->> '$.release.version', ''),
    created_at = coalesce(plan ->> '$.createdAt', 0)
  WHERE json_valid(plan);
  CREATE INDEX plan_place ON plan (service, environment);
  `,
  /* sql */ `
  -- One row: what names this journal among all others.
  CREATE TABLE identity (id TEXT NOT NULL) STRICT;
  INSERT INTO identity VALUES (lower(hex(randomblob(16))));
  `,
];

/**
 * The format of the file; 0 for a new, empty one.
 * @throws JournalError when the file is of something else, or of a newer Sluice
 */
export function readFormat(db: Database, file: string, latest: number): number {
  // One transaction: another process may be about to give a new file its format.
  const { format, application, tables } = db.transaction(() => ({
    format: Number(db.pragma('user_version', { simple: true })),
    application: Number(db.pragma('application_id', { simple: true })),
    tables: Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()),
  }))();
  const isNew = application === 0 && format === 0 && tables === 0;
  if (!isNew && application !== APPLICATION_ID) {
    throw journalFault(file, {
      what: 'is an SQLite database of something else',
      remedy: 'Keep the journal in another file.',
    });
  }
  if (format > latest) {
    throw journalFault(file, {
      what: `has format ${format}; this Sluice knows formats up to ${latest}`,
      remedy: 'A newer Sluice wrote it: update this one.',
    });
  }
  return format;
}

/** Brings the file to the latest format: wholly or, when anything fails, not at all. */
export function migrate(db: Database, file: string, migrations: readonly string[] = MIGRATIONS): void {
  if (readFormat(db, file, migrations.length) === migrations.length) return;
  db.transaction(() => {
    // Another process may have done it while this one waited for its turn.
    const format = readFormat(db, file, migrations.length);
    for (const sql of migrations.slice(format)) db.exec(sql);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}
