/** What performing an operation starts from, and how it is read. */
import type { Outcome } from '../domain/operation.ts';
import type { Release } from '../domain/release.ts';
import type { DeploymentState } from '../domain/state.ts';
import type { Side } from '../domain/step.ts';
import type { Evidence } from '../errors.ts';
import type { CheckSubject } from '../health/health-check.ts';
import type { Instance } from '../platforms/platform.ts';
import type { OperationHandle } from './operation-handle.ts';
import type { Ports } from './ports.ts';

/** What an operation has to work with. The state is the one right after its intent was journaled. */
export interface Performance {
  readonly ports: Ports;
  readonly state: DeploymentState;
  readonly handle: OperationHandle;
}

/** What a performer may have to tell beyond that it succeeded. */
export type Findings = Partial<Pick<Outcome, 'verdict' | 'seen' | 'error' | 'evidence'>>;

/** The id of the target that an intent is about. */
export function targetId({ state, handle }: Omit<Performance, 'ports'>): string {
  const planned = state.plan.targets[handle.intent.target ?? -1];
  if (planned === undefined) throw new TypeError(`${handle.intent.operation} needs a target`);
  return planned.id;
}

/** The release that an intent is about: the plan's, or what the target ran before. */
export function releaseOf({ state, handle }: Omit<Performance, 'ports'>): Release {
  return releaseOn(state, handle.intent.target ?? -1, handle.intent.side);
}

/** The release of one side of a target. */
export function releaseOn(state: DeploymentState, index: number, side: Side): Release {
  const { plan } = state;
  if (side === 'new') return plan.release;
  const from = plan.targets[index]?.from ?? '';
  const release = from === plan.release.id ? plan.release : plan.previous[from];
  if (release === undefined) throw new TypeError(`target ${index} had no release before`);
  return release;
}

/** An instance as checks are asked about it. */
export function subjectOf({ target, address, startedAt }: Instance): CheckSubject {
  return { target, ...(address ? { address } : {}), ...(startedAt === undefined ? {} : { startedAt }) };
}

/** ` (exit code 3)`, ` (SIGKILL)`, or nothing. */
export function howItEnded(evidence: Evidence | undefined): string {
  if (evidence?.signal !== undefined) return ` (${evidence.signal})`;
  return evidence?.exitCode === undefined ? '' : ` (exit code ${evidence.exitCode})`;
}
