import type { DeploymentEvent } from '../../domain/event.ts';
import { evolve } from '../../domain/evolve.ts';
import type { Plan } from '../../domain/plan.ts';
import { type DeploymentState, initialState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { AcquireRequest, Lease } from '../../journal/journal.ts';
import { MemoryJournal } from '../../journal/memory/memory-journal.ts';

/** At which write to the journal, or change of the world, a controller is killed, and whether that still took place. */
export interface CrashPoint {
  readonly at: 'append' | 'effect';
  /** Counted over the whole simulation, from 1. */
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

export interface JournalWatcher {
  /** Events have become durable; `state` is what they led to, `summary` what lists say now. */
  onEvents(events: readonly DeploymentEvent[], state: DeploymentState, summary: DeploymentSummary): void;
  /** The lease has changed hands; `null` when nobody has it. */
  onHolder(holder: string | null): void;
  /** The controller that holds the lease is to be killed now. */
  onCrash(holder: string): void;
}

/** A journal in memory that folds what is written as it is written, and kills controllers as they write. */
export class WatchedJournal extends MemoryJournal {
  readonly #watcher: JournalWatcher;
  readonly #states = new Map<string, DeploymentState>();
  #crashes: readonly CrashPoint[];
  #appends = 0;

  constructor(crashes: readonly CrashPoint[], watcher: JournalWatcher) {
    super();
    this.#crashes = crashes.filter((crash) => crash.at === 'append');
    this.#watcher = watcher;
  }

  get appends(): number {
    return this.#appends;
  }

  /** No more crashes from now on. */
  rest(): void {
    this.#crashes = [];
  }

  override async create(plan: Plan, by: string, at: number, lease: Lease): Promise<string> {
    const id = await super.create(plan, by, at, lease);
    await this.#note([{ type: 'deployment-created', at, plan, by }], initialState(id, plan, by));
    return id;
  }

  override async append(
    deployment: string,
    expectedSeq: number,
    events: readonly DeploymentEvent[],
    lease: Lease,
  ): Promise<number> {
    this.#appends++;
    const crash = this.#crashes.find((one) => one.nth === this.#appends);
    if (crash?.moment === 'before') {
      this.#watcher.onCrash(lease.holder);
      return new Promise(() => {});
    }
    const seq = await super.append(deployment, expectedSeq, events, lease);
    const before = this.#states.get(deployment) as DeploymentState;
    await this.#note(events, events.reduce(evolve, before));
    if (crash?.moment === 'after') this.#watcher.onCrash(lease.holder);
    return seq;
  }

  override async acquire(request: AcquireRequest): Promise<Lease> {
    const lease = await super.acquire(request);
    this.#watcher.onHolder(lease.holder);
    return lease;
  }

  override async release(lease: Lease): Promise<void> {
    await super.release(lease);
    this.#watcher.onHolder((await this.lease(lease))?.holder ?? null);
  }

  async #note(events: readonly DeploymentEvent[], state: DeploymentState): Promise<void> {
    this.#states.set(state.id, state);
    this.#watcher.onEvents(events, state, await this.summary(state.id));
  }
}
