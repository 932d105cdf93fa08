/**
 * Taking deployments out of the journal in SQLite, in two parts: `mark` takes them out for
 * everybody, at once and wholly, in the transaction of its caller. `sweepSome` then deletes what they kept, a
 * little in each transaction: of a large deployment all at once would hold up whoever writes.
 *
 * The file does not shrink: later events take the pages that became free.
 */
import type { Database, Statement } from 'better-sqlite3';
import type { Lease } from '../journal.ts';
import { notEnded, wrongLease } from '../refusals.ts';
import type { DeploymentRow } from './rows.ts';
import type { Position } from './statements.ts';

/** Events deleted in one transaction: some 20 ms. */
const EVENTS_AT_ONCE = 2_000;

export class Removals {
  readonly #mark: Statement<[position: Position]>;
  readonly #marked: Statement<[], number>;
  readonly #deleteEvents: Statement<[position: Position, limit: number]>;
  readonly #deleteSignals: Statement<[position: Position]>;
  readonly #deleteDeployment: Statement<[position: Position]>;

  constructor(db: Database) {
    this.#mark = db.prepare('UPDATE deployment SET removed = 1 WHERE position = ?');
    this.#marked = db
      .prepare<[], number>('SELECT position FROM deployment WHERE removed = 1 ORDER BY position LIMIT 1')
      .pluck();
    this.#deleteEvents = db.prepare(
      'DELETE FROM event WHERE rowid IN (SELECT rowid FROM event WHERE deployment = ? LIMIT ?)',
    );
    this.#deleteSignals = db.prepare('DELETE FROM signal WHERE deployment = ?');
    this.#deleteDeployment = db.prepare('DELETE FROM deployment WHERE position = ?');
  }

  /**
   * @param find a deployment's row; `undefined` for one that is gone already
   * @throws InvalidInputError when one has not ended, or is not of the lease's service
   */
  mark(ids: readonly string[], lease: Lease, find: (id: string) => DeploymentRow | undefined): void {
    const { service, environment } = lease;
    for (const id of ids) {
      const row = find(id);
      if (row === undefined) continue;
      if (row.service !== service || row.environment !== environment) throw wrongLease(lease, row);
      if (row.phase !== 'ended') throw notEnded(id);
      this.#mark.run(row.position);
    }
  }

  /** Whether there is anything to sweep. */
  isSwept(): boolean {
    return this.#marked.get() === undefined;
  }

  /** Deletes some of what was marked. How many events went; `null` when there was nothing left. */
  sweepSome(): number | null {
    const position = this.#marked.get();
    if (position === undefined) return null;
    const { changes } = this.#deleteEvents.run(position, EVENTS_AT_ONCE);
    if (changes < EVENTS_AT_ONCE) {
      this.#deleteSignals.run(position);
      this.#deleteDeployment.run(position);
    }
    return changes;
  }
}
