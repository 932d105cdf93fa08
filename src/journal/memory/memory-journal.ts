/**
 * The journal in memory: for tests, simulations, and the library used with nothing configured. It lasts as
 * long as the object, and is as strict as the others. Nothing is copied or serialised: events, plans and
 * signals are immutable, so they are kept and handed out as they came.
 */
import { randomUUID } from 'node:crypto';
import type { DeploymentEvent, Signal } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import type { SavedPlan } from '../../domain/retention.ts';
import { type DeploymentSummary, firstSummary, nextSummary } from '../../domain/summary.ts';
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
import {
  ambiguousPlan,
  assertLimit,
  conflict,
  deploymentNotFound,
  notEnded,
  wrongLease,
} from '../refusals.ts';
import { Watchers } from '../watchers.ts';
import { Leases } from './leases.ts';
import { matches } from './matches.ts';

const DEFAULT_LIST_LIMIT = 50;

/** `events[0]` has seq 1, `signals[0]` has id 1. */
interface Deployment {
  summary: DeploymentSummary;
  readonly events: DeploymentEvent[];
  readonly signals: StoredSignal[];
}

export class MemoryJournal implements Journal {
  /** In the order of their creation. */
  readonly #deployments = new Map<string, Deployment>();
  /** The last `<n>` given out, by service. */
  readonly #lastNumbers = new Map<string, number>();
  readonly #leases = new Leases();
  readonly #plans = new Map<string, Plan>();
  readonly #identity = randomUUID();
  readonly #watchers = new Watchers();

  async identity(): Promise<string> {
    return this.#identity;
  }

  async create(plan: Plan, by: string, at: number, lease: Lease): Promise<string> {
    this.#leases.assertHeld(plan, lease);
    const number = (this.#lastNumbers.get(plan.service) ?? 0) + 1;
    const id = `${plan.service}-${number}`;
    const event = { type: 'deployment-created', at, plan, by } as const;
    this.#lastNumbers.set(plan.service, number);
    this.#deployments.set(id, { summary: firstSummary(id, event), events: [event], signals: [] });
    this.#watchers.tell();
    return id;
  }

  async append(
    deployment: string,
    expectedSeq: number,
    events: readonly DeploymentEvent[],
    lease: Lease,
  ): Promise<number> {
    const found = this.#find(deployment);
    this.#leases.assertHeld(found.summary, lease);
    if (found.summary.seq !== expectedSeq) throw conflict(deployment, expectedSeq, found.summary.seq);
    for (const event of events) {
      found.summary = nextSummary(found.summary, event);
      found.events.push(event);
    }
    this.#watchers.tell();
    return found.summary.seq;
  }

  async read(deployment: string, afterSeq = 0, limit?: number): Promise<StoredEvent[]> {
    assertLimit(limit, 'events');
    return this.#find(deployment)
      .events.slice(afterSeq, limit === undefined ? undefined : afterSeq + limit)
      .map((event, index) => ({ seq: afterSeq + index + 1, event }));
  }

  async plan(deployment: string): Promise<Plan> {
    const [created] = this.#find(deployment).events;
    // `create` has put it there.
    return (created as Extract<DeploymentEvent, { type: 'deployment-created' }>).plan;
  }

  async list(filter: ListFilter = {}): Promise<DeploymentSummary[]> {
    const limit = filter.limit ?? DEFAULT_LIST_LIMIT;
    assertLimit(limit, 'deployments');
    return this.#upTo(filter.before)
      .filter((summary) => matches(summary, filter))
      .toReversed()
      .slice(0, limit);
  }

  async summary(deployment: string): Promise<DeploymentSummary> {
    return this.#find(deployment).summary;
  }

  async acquire(request: AcquireRequest): Promise<Lease> {
    const lease = this.#leases.acquire(request);
    this.#watchers.tell();
    return lease;
  }

  async renew(lease: Lease, now: number, ttlMs: number, doing?: string): Promise<Lease> {
    return this.#leases.renew(lease, now, ttlMs, doing);
  }

  async release(lease: Lease): Promise<void> {
    this.#leases.release(lease);
    this.#watchers.tell();
  }

  async lease(key: LeaseKey): Promise<Lease | null> {
    return this.#leases.current(key);
  }

  async signal(deployment: string, signal: Signal, at: number): Promise<number> {
    const { signals } = this.#find(deployment);
    this.#watchers.tell();
    return signals.push({ id: signals.length + 1, at, signal });
  }

  async signals(deployment: string, afterId: number): Promise<StoredSignal[]> {
    return this.#find(deployment).signals.slice(afterId);
  }

  async savePlan(plan: Plan): Promise<void> {
    this.#plans.set(plan.digest, plan);
  }

  async loadPlan(digestPrefix: string): Promise<Plan | null> {
    const exact = this.#plans.get(digestPrefix);
    if (exact !== undefined) return exact;
    const found = [...this.#plans.values()].filter((plan) => plan.digest.startsWith(digestPrefix));
    if (digestPrefix === '' || found.length > 1) throw ambiguousPlan(digestPrefix);
    return found[0] ?? null;
  }

  async savedPlans({ service, environment }: LeaseKey): Promise<SavedPlan[]> {
    return [...this.#plans.values()]
      .filter((plan) => plan.service === service && plan.environment === environment)
      .map(({ digest, release, createdAt }) => ({ digest, version: release.version, createdAt }))
      .toSorted((a, b) => b.createdAt - a.createdAt || (a.digest < b.digest ? -1 : 1));
  }

  async remove({ deployments, plans }: Removal, lease: Lease): Promise<void> {
    this.#leases.assertHeld(lease, lease);
    const found = deployments.flatMap((id) => this.#deployments.get(id) ?? []);
    for (const { summary } of found) {
      if (summary.service !== lease.service || summary.environment !== lease.environment) {
        throw wrongLease(lease, summary);
      }
      if (summary.phase !== 'ended') throw notEnded(summary.id);
    }
    for (const { summary } of found) this.#deployments.delete(summary.id);
    this.#watchers.tell();
    for (const digest of plans) {
      const plan = this.#plans.get(digest);
      if (plan?.service === lease.service && plan.environment === lease.environment)
        this.#plans.delete(digest);
    }
  }

  /** Nothing to do: what was removed is gone. */
  async sweep(): Promise<number> {
    return 0;
  }

  watch(onCommit: () => void): () => void {
    return this.#watchers.add(onCommit);
  }

  /** Nothing is open: what was written can still be read, for as long as the object lives. */
  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** In the order of their creation, those before this one. */
  #upTo(before: ListFilter['before']): DeploymentSummary[] {
    const all = [...this.#deployments.values()].map(({ summary }) => summary);
    if (before === undefined) return all;
    const at = all.findIndex(({ id }) => id === before.id);
    return all.slice(0, at >= 0 ? at : all.findLastIndex((one) => one.createdAt < before.createdAt) + 1);
  }

  #find(deployment: string): Deployment {
    const found = this.#deployments.get(deployment);
    if (found === undefined) throw deploymentNotFound(deployment);
    return found;
  }
}
