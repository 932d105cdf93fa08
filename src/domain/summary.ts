import type { DeploymentEvent, DeploymentOutcome } from './event.ts';

/** A deployment in one row: what lists and history show. */
export interface DeploymentSummary {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** Release id. */
  readonly release: string;
  readonly strategy: string;
  /** Digest of the plan that it executes. */
  readonly plan: string;
  readonly targets: number;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly phase: 'running' | 'paused' | 'rolling-back' | 'ended';
  readonly outcome: DeploymentOutcome | null;
  /** Why it did not complete, in one sentence. */
  readonly reason: string | null;
  /** The last seq of its journal. */
  readonly seq: number;
}

/** The row of a deployment that has just been created. */
export function firstSummary(
  id: string,
  event: Extract<DeploymentEvent, { type: 'deployment-created' }>,
): DeploymentSummary {
  const { plan } = event;
  return {
    id,
    service: plan.service,
    environment: plan.environment,
    version: plan.release.version,
    release: plan.release.id,
    strategy: plan.strategy.name,
    plan: plan.digest,
    targets: plan.targets.length,
    by: event.by,
    createdAt: event.at,
    endedAt: null,
    phase: 'running',
    outcome: null,
    reason: null,
    seq: 1,
  };
}

/** The row after one more event. Journals call it in `append`, so that lists never have to fold a journal. */
export function nextSummary(summary: DeploymentSummary, event: DeploymentEvent): DeploymentSummary {
  const next = { ...summary, seq: summary.seq + 1 };
  switch (event.type) {
    case 'paused':
      return { ...next, phase: 'paused', reason: event.cause.message };
    case 'signal-received':
      return event.refused === undefined ? phaseAfterSignal(next, event.signal.signal) : next;
    case 'rollback-started':
      return { ...next, phase: 'rolling-back', reason: event.cause.message };
    case 'stopped':
      return { ...next, reason: event.cause.message };
    case 'deployment-finished':
      return {
        ...next,
        phase: 'ended',
        outcome: event.outcome,
        endedAt: event.at,
        reason: event.cause?.message ?? next.reason,
      };
    default:
      return next;
  }
}

function phaseAfterSignal(summary: DeploymentSummary, signal: string): DeploymentSummary {
  if (summary.phase === 'running' && signal === 'pause') return { ...summary, phase: 'paused' };
  // Whatever else is obeyed ends a pause.
  if (summary.phase === 'paused' && signal !== 'approve')
    return { ...summary, phase: 'running', reason: null };
  return summary;
}
