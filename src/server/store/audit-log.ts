/** The record of what was asked for, by whom, from where, and how it was answered. The newest 100,000 are kept. */
import type { Database } from 'better-sqlite3';
import type { Json } from '../../domain/json.ts';
import type { AuditEntry } from '../api/access-answers.ts';

const KEPT = 100_000;
const PRUNED_EVERY = 1_000;
/** Of sign-ins that fail, from everywhere together: whoever tries tokens is not to push out what people have done. */
const FAILURES_WITHIN = { most: 30, windowMs: 60_000 };

interface AuditRow {
  readonly id: number;
  readonly at: number;
  readonly by: string;
  readonly token: string;
  readonly operation: string;
  readonly environment: string | null;
  readonly service: string | null;
  readonly deployment: string | null;
  readonly detail: string;
  readonly status: number | null;
  readonly address: string;
}

export type NewEntry = Omit<AuditEntry, 'id' | 'at' | 'status'>;

export interface AuditFilter {
  /** Only of these environments; default: all, and what belongs to none. */
  readonly environments?: readonly string[];
  readonly by?: string;
  readonly operation?: string;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  /** Only with a lesser id. */
  readonly before?: number;
  readonly limit: number;
}

export class AuditLog {
  readonly #db: Database;
  readonly #now: () => number;
  /** Sign-ins that have failed since `since`. */
  #failures = { since: -Infinity, written: 0 };
  #unwritten = 0;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** Before it is done; resolves with the id for `answered`. */
  asked(entry: NewEntry): number {
    const { by, token, operation, environment, service, deployment, detail, address } = entry;
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO audit VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)')
      .run(
        this.#now(),
        by,
        token,
        operation,
        environment,
        service,
        deployment,
        JSON.stringify(detail),
        address,
      );
    const id = Number(lastInsertRowid);
    if (id % PRUNED_EVERY === 0) this.#db.prepare('DELETE FROM audit WHERE id <= ?').run(id - KEPT);
    return id;
  }

  /**
   * A sign-in that failed: from where, and whose token it was where that is known, but nothing of what was sent. Of more
   * than 30 a minute the rest is only counted, and the next one that is written says how many there were.
   */
  signInFailed(address: string, status: number, who = { name: '', token: '' }): void {
    const now = this.#now();
    const { most, windowMs } = FAILURES_WITHIN;
    if (now - this.#failures.since >= windowMs) this.#failures = { since: now, written: 0 };
    if (this.#failures.written >= most) {
      this.#unwritten += 1;
      return;
    }
    this.#failures.written += 1;
    const detail = this.#unwritten === 0 ? {} : { unwritten: this.#unwritten };
    this.#unwritten = 0;
    const where = { environment: null, service: null, deployment: null };
    const { name: by, token } = who;
    this.answered(this.asked({ by, token, operation: 'signIn', ...where, detail, address }), status, null);
  }

  /** @param deployment that came of it, where it was not named in what was asked */
  answered(id: number, status: number, deployment: string | null): void {
    this.#db
      .prepare('UPDATE audit SET status = ?, deployment = coalesce(deployment, ?) WHERE id = ?')
      .run(status, deployment, id);
  }

  /** Newest first. */
  list({ environments, by, operation, since, before, limit }: AuditFilter): AuditEntry[] {
    const rows = this.#db
      .prepare<[Record<string, unknown>], AuditRow>(
        `SELECT * FROM audit
         WHERE (@environments IS NULL OR environment IN (SELECT value FROM json_each(@environments)))
           AND (@by IS NULL OR by = @by)
           AND (@operation IS NULL OR operation = @operation)
           AND (@since IS NULL OR at >= @since)
           AND (@before IS NULL OR id < @before)
         ORDER BY id DESC LIMIT @limit`,
      )
      .all({
        environments: environments === undefined ? null : JSON.stringify(environments),
        by: by ?? null,
        operation: operation ?? null,
        since: since ?? null,
        before: before ?? null,
        limit,
      });
    return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as Json }));
  }
}
