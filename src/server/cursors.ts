/**
 * How far each receiver has been told of each deployment: in a small database of its own beside the journal, which one
 * process has at a time. Without it, or with that of another journal, everything begins anew from that moment.
 */
import Database from 'better-sqlite3';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS origin (journal TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS receiver (receiver TEXT PRIMARY KEY, begun_at REAL NOT NULL) STRICT, WITHOUT ROWID;
  -- ended: there is nothing more to tell of it.
  CREATE TABLE IF NOT EXISTS told (
    deployment TEXT NOT NULL, receiver TEXT NOT NULL, seq INTEGER NOT NULL, ended INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (deployment, receiver)
  ) STRICT, WITHOUT ROWID;`;

/** How far one has been told of a deployment. */
export interface Told {
  readonly seq: number;
  readonly ended: boolean;
}

interface ToldRow {
  readonly seq: number;
  readonly ended: number;
}

export class Cursors implements Disposable {
  readonly #db: Database.Database;
  readonly #begin: Database.Statement<[receiver: string, now: number]>;
  readonly #begun: Database.Statement<[receiver: string], number>;
  readonly #get: Database.Statement<[deployment: string, receiver: string], ToldRow>;
  readonly #put: Database.Statement<[string, string, number, number, number]>;

  /**
   * `null` while another process has it.
   * @param journal the identity of the journal
   */
  static open(file: string, journal: string): Cursors | null {
    const db = new Database(file, { timeout: 0 });
    try {
      // Held until it is closed, or the process dies.
      db.pragma('locking_mode = EXCLUSIVE');
      db.exec('BEGIN EXCLUSIVE; COMMIT');
      return new Cursors(db, journal);
    } catch (error) {
      db.close();
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
      throw error;
    }
  }

  private constructor(db: Database.Database, journal: string) {
    this.#db = db;
    db.exec(SCHEMA);
    const origin = db.prepare<[], string>('SELECT journal FROM origin').pluck().get();
    if (origin !== journal) {
      db.exec('DELETE FROM origin; DELETE FROM receiver; DELETE FROM told');
      db.prepare('INSERT INTO origin VALUES (?)').run(journal);
    }
    this.#begin = db.prepare('INSERT INTO receiver VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#begun = db.prepare<[string], number>('SELECT begun_at FROM receiver WHERE receiver = ?').pluck();
    this.#get = db.prepare('SELECT seq, ended FROM told WHERE deployment = ? AND receiver = ?');
    this.#put = db.prepare(
      `INSERT INTO told VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (deployment, receiver) DO UPDATE SET seq = excluded.seq, ended = excluded.ended, at = excluded.at`,
    );
  }

  /** Since when the receiver is told; from now on, for a new one. Deployments created before it is not told of. */
  begunAt(receiver: string, now: number): number {
    this.#begin.run(receiver, now);
    return this.#begun.get(receiver) ?? now;
  }

  get(deployment: string, receiver: string): Told {
    const row = this.#get.get(deployment, receiver);
    return { seq: row?.seq ?? 0, ended: row?.ended === 1 };
  }

  put(deployment: string, receiver: string, { seq, ended }: Told, now: number): void {
    this.#put.run(deployment, receiver, seq, ended ? 1 : 0, now);
  }

  /** What was told before that time and has ended is not asked for again. */
  forget(before: number): void {
    this.#db.prepare('DELETE FROM told WHERE ended = 1 AND at < ?').run(before);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
