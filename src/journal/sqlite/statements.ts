import type { Database, Statement } from 'better-sqlite3';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { ListFilter } from '../journal.ts';
import type { DeploymentRow, EventRow, SignalRow } from './rows.ts';

const SUMMARY = `id, service, environment, version, release_id AS release, strategy, plan_digest AS plan, targets,
  created_by AS by, created_at AS createdAt, ended_at AS endedAt, phase, outcome, reason, seq`;

/** By the name of the filter. */
const CONDITIONS = {
  service: 'service = @service',
  environment: 'environment = @environment',
  outcome: 'outcome = @outcome',
  version: 'version = @version',
  release: 'release_id = @release',
  by: "(created_by = @by OR instr(created_by, @by || '@') = 1)",
  since: 'created_at >= @since',
  until: 'created_at < @until',
  before: `position < coalesce((SELECT position FROM deployment WHERE id = @before),
    (SELECT max(position) + 1 FROM deployment WHERE created_at < @beforeCreatedAt), 0)`,
} as const satisfies Record<Exclude<keyof ListFilter, 'ended' | 'limit'>, string>;

/** A filter as the conditions name its parts. */
export type ListParameters = Omit<ListFilter, 'before'> & {
  readonly before?: string;
  readonly beforeCreatedAt?: number;
};

export type Position = number | bigint;

/** The journal's SQL, prepared once a connection. Columns come out under the names of the types they fill. */
export class Statements {
  readonly deployment: Statement<[id: string], DeploymentRow>;
  readonly lastNumber: Statement<[{ service: string }], number>;
  readonly addDeployment: Statement<[DeploymentSummary & { number: number }]>;
  readonly updateDeployment: Statement<[DeploymentRow]>;
  readonly addEvent: Statement<[deployment: Position, seq: number, event: string]>;
  readonly countUp: Statement<[service: string, number: number]>;
  readonly events: Statement<[deployment: Position, afterSeq: number, lastSeq: number], EventRow>;
  readonly lastSignal: Statement<[deployment: Position], number>;
  readonly addSignal: Statement<[deployment: Position, id: number, at: number, signal: string]>;
  readonly signals: Statement<[deployment: Position, afterId: number], SignalRow>;
  readonly identity: Statement<[], string>;
  readonly dataVersion: Statement<[], number>;
  readonly #db: Database;
  readonly #lists = new Map<string, Statement<[ListParameters], DeploymentSummary>>();

  constructor(db: Database) {
    this.#db = db;
    this.deployment = db.prepare(`SELECT position, ${SUMMARY} FROM deployment WHERE id = ? AND removed = 0`);
    this.lastNumber = db
      .prepare<[{ service: string }], number>(
        // Of the deployments too: an older Sluice that has the file open does not count up.
        `SELECT max(
           coalesce((SELECT last_number FROM counter WHERE service = @service), 0),
           coalesce((SELECT number FROM deployment WHERE service = @service ORDER BY position DESC LIMIT 1), 0))`,
      )
      .pluck();
    this.countUp = db.prepare(
      `INSERT INTO counter (service, last_number) VALUES (?, ?)
       ON CONFLICT (service) DO UPDATE SET last_number = excluded.last_number`,
    );
    this.addDeployment = db.prepare(
      `INSERT INTO deployment (id, number, service, environment, version, release_id, strategy, plan_digest, targets,
         created_by, created_at, ended_at, phase, outcome, reason, seq)
       VALUES (@id, @number, @service, @environment, @version, @release, @strategy, @plan, @targets,
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
    this.identity = db.prepare<[], string>('SELECT id FROM identity').pluck();
    this.dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /** One statement a combination of filters, prepared when it is first asked for. */
  list(filter: ListFilter): Statement<[ListParameters], DeploymentSummary> {
    const given = (Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[]).filter(
      (name) => filter[name] !== undefined,
    );
    const conditions = [
      'removed = 0',
      ...given.map((name) => CONDITIONS[name]),
      ...(filter.ended === undefined ? [] : [`ended_at IS ${filter.ended ? 'NOT ' : ''}NULL`]),
    ];
    const where = `WHERE ${conditions.join(' AND ')}`;
    const known = this.#lists.get(where);
    if (known !== undefined) return known;
    const sql = `SELECT ${SUMMARY} FROM deployment ${where} ORDER BY position DESC LIMIT @limit`;
    const prepared = this.#db.prepare<[ListParameters], DeploymentSummary>(sql);
    this.#lists.set(where, prepared);
    return prepared;
  }
}
