import type { Database, Statement } from 'better-sqlite3';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { ListFilter } from '../journal.ts';
import type { DeploymentRow, EventRow, SignalRow } from './rows.ts';

const SUMMARY = `id, service, environment, version, release_id AS release, strategy, targets,
  created_by AS by, created_at AS createdAt, ended_at AS endedAt, phase, outcome, reason, seq`;

type Position = number | bigint;

/** The journal's SQL, prepared once a connection. Columns come out under the names of the types they fill. */
export class Statements {
  readonly deployment: Statement<[id: string], DeploymentRow>;
  readonly lastNumber: Statement<[service: string], number>;
  readonly addDeployment: Statement<[DeploymentSummary & { number: number }]>;
  readonly updateDeployment: Statement<[DeploymentRow]>;
  readonly addEvent: Statement<[deployment: Position, seq: number, event: string]>;
  readonly events: Statement<[deployment: Position, afterSeq: number, lastSeq: number], EventRow>;
  readonly lastSignal: Statement<[deployment: Position], number>;
  readonly addSignal: Statement<[deployment: Position, id: number, at: number, signal: string]>;
  readonly signals: Statement<[deployment: Position, afterId: number], SignalRow>;
  readonly addPlan: Statement<[digest: string, plan: string]>;
  readonly plan: Statement<[digest: string], string>;
  /** The digests that begin so, two at most. */
  readonly planDigests: Statement<[{ prefix: string }], string>;
  readonly dataVersion: Statement<[], number>;
  readonly #db: Database;
  readonly #lists = new Map<string, Statement<[ListFilter], DeploymentSummary>>();

  constructor(db: Database) {
    this.#db = db;
    this.deployment = db.prepare(`SELECT position, ${SUMMARY} FROM deployment WHERE id = ?`);
    this.lastNumber = db
      .prepare<[string], number>(
        'SELECT number FROM deployment WHERE service = ? ORDER BY position DESC LIMIT 1',
      )
      .pluck();
    this.addDeployment = db.prepare(
      `INSERT INTO deployment (id, number, service, environment, version, release_id, strategy, targets,
         created_by, created_at, ended_at, phase, outcome, reason, seq)
       VALUES (@id, @number, @service, @environment, @version, @release, @strategy, @targets,
         @by, @createdAt, @endedAt, @phase, @outcome, @reason, @seq)`,
    );
    this.updateDeployment = db.prepare(
      `UPDATE deployment SET ended_at = @endedAt, phase = @phase, outcome = @outcome, reason = @reason, seq = @seq
       WHERE position = @position`,
    );
    this.addEvent = db.prepare('INSERT INTO event (deployment, seq, event) VALUES (?, ?, ?)');
    this.events = db.prepare(
      'SELECT seq, event FROM event WHERE deployment = ? AND seq > ? AND seq <= ? ORDER BY seq',
    );
    this.lastSignal = db
      .prepare<[Position], number>('SELECT id FROM signal WHERE deployment = ? ORDER BY id DESC LIMIT 1')
      .pluck();
    this.addSignal = db.prepare('INSERT INTO signal (deployment, id, at, signal) VALUES (?, ?, ?, ?)');
    this.signals = db.prepare(
      'SELECT id, at, signal FROM signal WHERE deployment = ? AND id > ? ORDER BY id',
    );
    this.addPlan = db.prepare('INSERT INTO plan (digest, plan) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.plan = db.prepare<[string], string>('SELECT plan FROM plan WHERE digest = ?').pluck();
    // The end of the range is the prefix and the last of all characters.
    this.planDigests = db
      .prepare<[{ prefix: string }], string>(
        `SELECT digest FROM plan WHERE digest >= @prefix AND digest < @prefix || char(0x10ffff)
         ORDER BY digest LIMIT 2`,
      )
      .pluck();
    this.dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /** One statement a combination of filters, prepared when it is first asked for. */
  list(filter: ListFilter): Statement<[ListFilter], DeploymentSummary> {
    const conditions = [
      filter.service === undefined ? [] : 'service = @service',
      filter.environment === undefined ? [] : 'environment = @environment',
      filter.ended === undefined ? [] : `ended_at IS ${filter.ended ? 'NOT ' : ''}NULL`,
    ].flat();
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const known = this.#lists.get(where);
    if (known !== undefined) return known;
    const sql = `SELECT ${SUMMARY} FROM deployment ${where} ORDER BY position DESC LIMIT @limit`;
    const prepared = this.#db.prepare<[ListFilter], DeploymentSummary>(sql);
    this.#lists.set(where, prepared);
    return prepared;
  }
}
