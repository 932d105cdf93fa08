/** Opens the database of a journal, ready for use: checked, in WAL mode, durable, in the latest format. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { JournalError, messageOf } from '../../errors.ts';
import { assertUsableFile, assertWholePages, createFile } from './database-file.ts';
import { asJournalError, journalFault } from './faults.ts';
import { MIGRATIONS, migrate, readFormat } from './migrations.ts';

const DEFAULT_BUSY_TIMEOUT_MS = 5_000;
const WAL_RETRY_MS = 5;

export interface SqliteJournalOptions {
  /** Where the journal is. Made, with its folder, when there is none, unless `readonly`. */
  readonly file: string;
  /** How long to wait for another process that writes; the thread waits. Default 5000. */
  readonly busyTimeoutMs?: number;
  /** Only look: everything that writes is refused. Default false. */
  readonly readonly?: boolean;
}

/** Rejects with `JournalError`; the file is then as it was, or new and empty. */
export async function openDatabase(options: SqliteJournalOptions): Promise<Database.Database> {
  const file = resolve(options.file);
  const readonly = options.readonly ?? false;
  const busyTimeoutMs = options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS;
  try {
    if (!readonly) await createFile(file);
    await assertUsableFile(file, readonly);
    const db = connect(file, readonly, busyTimeoutMs);
    try {
      await prepare(db, file, busyTimeoutMs);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw asJournalError(file, error);
  }
}

function connect(file: string, readonly: boolean, busyTimeoutMs: number): Database.Database {
  try {
    return new Database(file, { readonly, fileMustExist: true, timeout: busyTimeoutMs });
  } catch (error) {
    if (error instanceof Database.SqliteError) throw error;
    throw new JournalError(`SQLite cannot be loaded: ${messageOf(error)}`, {
      remedy: 'Install again with this version of Node, or run `npm rebuild better-sqlite3`.',
      cause: error,
    });
  }
}

async function prepare(db: Database.Database, file: string, busyTimeoutMs: number): Promise<void> {
  // Looks before it changes anything: the file may be somebody else's.
  const format = readFormat(db, file, MIGRATIONS.length);
  await assertWholePages(file, Number(db.pragma('page_size', { simple: true })));
  db.pragma('foreign_keys = ON');
  db.pragma('synchronous = FULL');
  if (!db.readonly) {
    await switchToWal(db, file, busyTimeoutMs);
    migrate(db, file);
  } else if (format < MIGRATIONS.length) {
    throw journalFault(file, {
      what: `has format ${format}, older than format ${MIGRATIONS.length} of this Sluice`,
      remedy: 'Any command that may write brings it up to date.',
    });
  }
}

/** SQLite does not wait by itself for another process that is just doing the same. */
async function switchToWal(db: Database.Database, file: string, busyTimeoutMs: number): Promise<void> {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      const mode = db.pragma('journal_mode = WAL', { simple: true });
      if (mode === 'wal') return;
      throw journalFault(file, {
        what: `is on a file system where SQLite cannot share it (journal mode ${String(mode)})`,
        remedy: 'Keep it on a local disk.',
      });
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!busy || performance.now() >= deadline) throw error;
    }
    await sleep(WAL_RETRY_MS);
  }
}
