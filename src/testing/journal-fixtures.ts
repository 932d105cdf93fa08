/** What the cases of the journals' conformance share: a plan, a lease, a deployment under way. */
import type { DeploymentEvent } from '../domain/event.ts';
import { makePlan, type PlanDraft } from '../domain/make-plan.ts';
import type { Plan } from '../domain/plan.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import type { AcquireRequest, Journal, Lease, LeaseKey } from '../journal/journal.ts';

/** Milliseconds since the epoch: when everything begins. */
export const NOW = Date.UTC(2026, 0, 1);
export const TTL_MS = 10_000;
export const PRODUCTION: LeaseKey = { service: 'api', environment: 'production' };
export const STAGING: LeaseKey = { service: 'api', environment: 'staging' };

export interface OpenedJournal {
  /** Empty. */
  readonly journal: Journal;
  /**
   * One more handle on the same journal, which sees all that was acknowledged, also after the first one was
   * closed. Without it, what is about two handles is tried with the one.
   */
  reopen?(): Promise<Journal>;
  /** Closes every handle and deletes what the journal kept. */
  close(): Promise<void>;
}

/** By name. */
export type Cases = Record<string, (journal: Journal, opened: OpenedJournal) => Promise<void>>;

/** A small plan; what is given replaces its parts. */
export function examplePlan(parts: Partial<PlanDraft> = {}): Plan {
  const service = parts.service ?? PRODUCTION.service;
  return makePlan({
    ...PRODUCTION,
    release: { id: '1.0.0-0123456789ab', service, version: '1.0.0', digest: '0123456789abcdef', spec: {} },
    previous: {},
    targets: [
      { id: 'a', from: null },
      { id: 'b', from: null },
    ],
    strategy: { name: 'all-at-once', options: {} },
    steps: [
      { kind: 'stage' },
      { kind: 'update', targets: ['a', 'b'], mode: 'in-place', direction: 'forward' },
    ],
    hooksOnFailure: [],
    capabilities: { beside: false, routed: false, staged: true, probed: true, checked: false },
    policy: DEFAULT_POLICY,
    createdAt: NOW,
    ...parts,
  });
}

/** A request for the lease of `api` in production, at `NOW`, for `TTL_MS`; what is given replaces its parts. */
export function request(holder: string, parts: Partial<AcquireRequest> = {}): AcquireRequest {
  return { ...PRODUCTION, holder, doing: 'deploying 1.0.0', now: NOW, ttlMs: TTL_MS, ...parts };
}

export function stepStarted(step: number): DeploymentEvent {
  return { type: 'step-started', at: NOW + step, step };
}

/** A lease, and a deployment under it. */
export async function begin(
  journal: Journal,
  parts: Partial<LeaseKey> = {},
): Promise<{ id: string; lease: Lease }> {
  const lease = await journal.acquire(request('ann@one pid 1', parts));
  return { lease, id: await journal.create(examplePlan(parts), 'ann', NOW, lease) };
}

export async function seqsOf(journal: Journal, id: string, afterSeq?: number): Promise<number[]> {
  return (await journal.read(id, afterSeq)).map((stored) => stored.seq);
}

/** How many have won, and the codes of the errors of the others, each once. */
export function countWinners(results: readonly PromiseSettledResult<unknown>[]) {
  const lost = results.filter((result) => result.status === 'rejected');
  const codes = lost.map(({ reason }) => (reason as { code?: string }).code ?? String(reason));
  return { won: results.length - lost.length, lostWith: [...new Set(codes)] };
}

export async function secondHandle(opened: OpenedJournal): Promise<Journal> {
  return (await opened.reopen?.()) ?? opened.journal;
}
