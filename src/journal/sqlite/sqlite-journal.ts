/**
 * The journal in one SQLite file, for all processes of one machine. In WAL mode with synchronous=FULL: what
 * is acknowledged survives a crash of the process and of the machine, and readers never wait for a writer.
 *
 * Each write is one IMMEDIATE transaction that first looks (is the lease still held, is seq the expected one)
 * and then writes, so that what it saw still holds when it commits. SQLite works in the calling thread, and
 * each write waits for the disk: append events in groups.
 */
import { resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { DeploymentEvent, Signal } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import type { SavedPlan } from '../../domain/retention.ts';
import { type DeploymentSummary, firstSummary, nextSummary } from '../../domain/summary.ts';
import { JournalError, LeaseHeldError } from '../../errors.ts';
import type {
  AcquireRequest,
  Journal,
  Lease,
  LeaseKey,
  ListFilter,
  Removal,
  StoredEvent,
  StoredSignal,
} from '../journal.ts';
import { assertLimit, conflict, deploymentNotFound } from '../refusals.ts';
import { CommitWatch } from './commit-watch.ts';
import { asJournalError } from './faults.ts';
import { Leases } from './leases.ts';
import { openDatabase, type SqliteJournalOptions } from './open-database.ts';
import { Plans } from './plans.ts';
import { Removals } from './removal.ts';
import { type DeploymentRow, missingEvent, planOfFirst, toStoredEvent, toStoredSignal } from './rows.ts';
import { Statements } from './statements.ts';

const DEFAULT_LIST_LIMIT = 50;

interface Transaction {
  immediate(work: () => unknown): unknown;
  deferred(work: () => unknown): unknown;
}

/** Every method rejects with `JournalError` when the file cannot be used any more, or is kept busy too long. */
export class SqliteJournal implements Journal {
  /** Absolute path of the journal. */
  readonly file: string;
  readonly #db: Database;
  readonly #sql: Statements;
  readonly #leases: Leases;
  readonly #plans: Plans;
  readonly #removals: Removals;
  readonly #transaction: Transaction;
  readonly #commits: CommitWatch;
  #ownCommits = 0;

  /**
   * Opens a journal, and makes it where there is none.
   * @throws JournalError when the file is not a journal, is damaged, belongs to another user, cannot be
   *   written, or comes from a newer Sluice; it is then as it was, or new and empty
   */
  static async open(options: SqliteJournalOptions): Promise<SqliteJournal> {
    const file = resolve(options.file);
    const db = await openDatabase(options);
    try {
      return new SqliteJournal(file, db);
    } catch (error) {
      // A table or a column is missing.
      db.close();
      throw asJournalError(file, error);
    }
  }

  private constructor(file: string, db: Database) {
    this.file = file;
    this.#db = db;
    this.#sql = new Statements(db);
    this.#leases = new Leases(db);
    this.#plans = new Plans(db);
    this.#removals = new Removals(db);
    this.#transaction = db.transaction((work: () => unknown) => work());
    this.#commits = new CommitWatch(file, () => this.changes());
  }

  identity(): Promise<string> {
    return this.#read(() => this.#sql.identity.get()!);
  }

  async create(plan: Plan, by: string, at: number, lease: Lease): Promise<string> {
    const event = { type: 'deployment-created', at, plan, by } as const;
    const json = JSON.stringify(event);
    return this.#write(() => {
      this.#leases.assertHeld(plan, lease);
      const number = this.#sql.lastNumber.get({ service: plan.service })! + 1;
      this.#sql.countUp.run(plan.service, number);
      // The last dash parts name and number, so that no two services can come to the same id.
      const id = `${plan.service}-${number}`;
      const { lastInsertRowid: position } = this.#sql.addDeployment.run({
        ...firstSummary(id, event),
        number,
      });
      this.#sql.addEvent.run(position, 1, json);
      return id;
    });
  }

  async append(
    deployment: string,
    expectedSeq: number,
    events: readonly DeploymentEvent[],
    lease: Lease,
  ): Promise<number> {
    const jsons = events.map((event) => JSON.stringify(event));
    return this.#write(() => {
      const { position, ...before } = this.#find(deployment);
      this.#leases.assertHeld(before, lease);
      if (before.seq !== expectedSeq) throw conflict(deployment, expectedSeq, before.seq);
      for (const [index, json] of jsons.entries()) {
        this.#sql.addEvent.run(position, expectedSeq + index + 1, json);
      }
      const after = events.reduce<DeploymentSummary>(nextSummary, before);
      this.#sql.updateDeployment.run({ ...after, position });
      return after.seq;
    });
  }

  read(deployment: string, afterSeq = 0, limit?: number): Promise<StoredEvent[]> {
    return this.#snapshot(() => {
      assertLimit(limit, 'events');
      const { position, seq: newest } = this.#find(deployment);
      const lastSeq = limit === undefined ? newest : Math.min(newest, afterSeq + limit);
      const events: StoredEvent[] = [];
      let seq = afterSeq;
      for (const row of this.#sql.events.iterate(position, afterSeq, lastSeq)) {
        seq += 1;
        events.push(toStoredEvent(deployment, seq, row));
      }
      if (seq < lastSeq) throw missingEvent(deployment, seq + 1);
      return events;
    });
  }

  plan(deployment: string): Promise<Plan> {
    return this.#snapshot(() => {
      const { position } = this.#find(deployment);
      return planOfFirst(deployment, this.#sql.events.get(position, 0, 1));
    });
  }

  list(filter: ListFilter = {}): Promise<DeploymentSummary[]> {
    const { limit = DEFAULT_LIST_LIMIT, before, ...rest } = filter;
    const page = before === undefined ? {} : { before: before.id, beforeCreatedAt: before.createdAt };
    return this.#read(() => {
      assertLimit(limit, 'deployments');
      return this.#sql.list(filter).all({ ...rest, ...page, limit });
    });
  }

  summary(deployment: string): Promise<DeploymentSummary> {
    return this.#read(() => {
      const { position: _, ...summary } = this.#find(deployment);
      return summary;
    });
  }

  async acquire(request: AcquireRequest): Promise<Lease> {
    const acquired = await this.#write(() => this.#leases.acquire(request));
    if (acquired instanceof LeaseHeldError) throw acquired;
    return acquired;
  }

  renew(lease: Lease, now: number, ttlMs: number, doing?: string): Promise<Lease> {
    return this.#write(() => this.#leases.renew(lease, now, ttlMs, doing));
  }

  release(lease: Lease): Promise<void> {
    return this.#write(() => this.#leases.release(lease));
  }

  lease(key: LeaseKey): Promise<Lease | null> {
    return this.#read(() => this.#leases.current(key));
  }

  signal(deployment: string, signal: Signal, at: number): Promise<number> {
    return this.#write(() => {
      const { position } = this.#find(deployment);
      const id = (this.#sql.lastSignal.get(position) ?? 0) + 1;
      this.#sql.addSignal.run(position, id, at, JSON.stringify(signal));
      return id;
    });
  }

  signals(deployment: string, afterId: number): Promise<StoredSignal[]> {
    return this.#read(() => {
      const { position } = this.#find(deployment);
      return this.#sql.signals.all(position, afterId).map((row) => toStoredSignal(deployment, row));
    });
  }

  async savePlan(plan: Plan): Promise<void> {
    const row = this.#plans.rowOf(plan);
    return this.#write(() => this.#plans.save(row));
  }

  loadPlan(digestPrefix: string): Promise<Plan | null> {
    return this.#read(() => this.#plans.load(digestPrefix));
  }

  savedPlans(key: LeaseKey): Promise<SavedPlan[]> {
    return this.#read(() => this.#plans.list(key));
  }

  remove(removal: Removal, lease: Lease): Promise<void> {
    return this.#write(() => {
      this.#leases.assertHeld(lease, lease);
      this.#removals.mark(removal.deployments, lease, (id) => this.#sql.deployment.get(id));
      this.#plans.remove(removal.plans, lease);
    });
  }

  async sweep(): Promise<number> {
    let swept = 0;
    // Where there is nothing to sweep, nobody who writes is waited for.
    if (await this.#read(() => this.#removals.isSwept())) return swept;
    for (;;) {
      const some = await this.#write(() => this.#removals.sweepSome());
      if (some === null) return swept;
      swept += some;
      await turn();
    }
  }

  /**
   * A number that has grown whenever something was committed since it was last asked for, by this handle,
   * another one or another process. It costs microseconds, so that a poller can ask often and read only when
   * there is news. Numbers of two handles do not compare.
   * @throws JournalError when the journal is closed or cannot be read
   */
  changes(): number {
    return this.#guard(() => this.#sql.dataVersion.get()! + this.#ownCommits);
  }

  watch(onCommit: () => void): () => void {
    return this.#commits.add(onCommit);
  }

  /** Closing again does nothing; every other call then rejects with `JournalError`. */
  async close(): Promise<void> {
    this.#commits.close();
    this.#db.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #find(deployment: string): DeploymentRow {
    const found = this.#sql.deployment.get(deployment);
    if (found === undefined) throw deploymentNotFound(deployment);
    return found;
  }

  async #read<T>(work: () => T): Promise<T> {
    return this.#guard(work);
  }

  /** What several statements read belongs together: nobody removes it in between. */
  async #snapshot<T>(work: () => T): Promise<T> {
    return this.#guard(() => this.#transaction.deferred(work) as T);
  }

  async #write<T>(work: () => T): Promise<T> {
    return this.#guard(() => {
      const result = this.#transaction.immediate(work) as T;
      this.#ownCommits += 1;
      this.#commits.tell();
      return result;
    });
  }

  #guard<T>(work: () => T): T {
    if (!this.#db.open) {
      throw new JournalError(`The journal ${this.file} has been closed`, { remedy: 'Open it again.' });
    }
    try {
      return work();
    } catch (error) {
      throw asJournalError(this.file, error);
    }
  }
}
