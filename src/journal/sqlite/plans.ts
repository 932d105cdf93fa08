/** The saved plans of the journal in SQLite. What writes runs inside the transaction of its caller. */
import type { Database, Statement } from 'better-sqlite3';
import type { Plan } from '../../domain/plan.ts';
import type { SavedPlan } from '../../domain/retention.ts';
import type { LeaseKey } from '../journal.ts';
import { ambiguousPlan } from '../refusals.ts';
import { toPlan } from './rows.ts';

interface PlanRow extends SavedPlan, LeaseKey {
  readonly json: string;
}

export class Plans {
  readonly #add: Statement<[PlanRow]>;
  readonly #get: Statement<[digest: string], string>;
  /** The digests that begin so, two at most. */
  readonly #digests: Statement<[{ prefix: string }], string>;
  readonly #list: Statement<[LeaseKey], SavedPlan>;
  readonly #remove: Statement<[{ digest: string } & LeaseKey]>;

  constructor(db: Database) {
    const ofPlace = 'service = @service AND environment = @environment';
    this.#add = db.prepare(
      `INSERT INTO plan (digest, plan, service, environment, version, created_at)
       VALUES (@digest, @json, @service, @environment, @version, @createdAt) ON CONFLICT DO NOTHING`,
    );
    this.#get = db.prepare<[string], string>('SELECT plan FROM plan WHERE digest = ?').pluck();
    // The end of the range is the prefix and the last of all characters.
    this.#digests = db
      .prepare<[{ prefix: string }], string>(
        `SELECT digest FROM plan WHERE digest >= @prefix AND digest < @prefix || char(0x10ffff)
         ORDER BY digest LIMIT 2`,
      )
      .pluck();
    this.#list = db.prepare(
      `SELECT digest, version, created_at AS createdAt FROM plan WHERE ${ofPlace}
       ORDER BY created_at DESC, digest`,
    );
    this.#remove = db.prepare(`DELETE FROM plan WHERE digest = @digest AND ${ofPlace}`);
  }

  /** To be made before the transaction: it takes its time. */
  rowOf(plan: Plan): PlanRow {
    const { digest, service, environment, createdAt } = plan;
    return {
      digest,
      service,
      environment,
      version: plan.release.version,
      createdAt,
      json: JSON.stringify(plan),
    };
  }

  save(row: PlanRow): void {
    this.#add.run(row);
  }

  load(prefix: string): Plan | null {
    const [digest, another] = this.#digests.all({ prefix });
    if (prefix === '' || (another !== undefined && digest !== prefix)) throw ambiguousPlan(prefix);
    return digest === undefined ? null : toPlan(digest, this.#get.get(digest)!);
  }

  list({ service, environment }: LeaseKey): SavedPlan[] {
    return this.#list.all({ service, environment });
  }

  remove(digests: readonly string[], { service, environment }: LeaseKey): void {
    for (const digest of digests) this.#remove.run({ digest, service, environment });
  }
}
