/** Small plans for tests of what executes them. */
import { makePlan, type PlanDraft } from '../../src/domain/make-plan.ts';
import type { Capabilities, Plan, PlannedTarget } from '../../src/domain/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import { type Release, releaseId } from '../../src/domain/release.ts';
import type { Step, UpdateMode } from '../../src/domain/step.ts';

export const OLD = release('1.0.0');
export const NEW = release('2.0.0');

/** Can do everything. */
export const CAN: Capabilities = { beside: true, routed: true, staged: true, probed: true, checked: true };

export interface PlanParts {
  /** A number: so many, `t1`, `t2`, ..., each on the old release. Default 2. */
  readonly targets?: number | readonly PlannedTarget[];
  readonly steps?: readonly Step[];
  readonly can?: Partial<Capabilities>;
  readonly policy?: Partial<Policy>;
  readonly hooksOnFailure?: PlanDraft['hooksOnFailure'];
}

export function planDraft(parts: PlanParts = {}): PlanDraft {
  const targets = targetsOf(parts.targets ?? 2);
  return {
    service: 'api',
    environment: 'production',
    release: NEW,
    previous: { [OLD.id]: OLD },
    targets,
    strategy: { name: 'test', options: {} },
    steps: parts.steps ?? [updateOf(targets, 'surge'), { kind: 'verify' }, { kind: 'retire', side: 'old' }],
    hooksOnFailure: parts.hooksOnFailure ?? [],
    capabilities: { ...CAN, ...parts.can },
    policy: { ...DEFAULT_POLICY, ...parts.policy },
    createdAt: 0,
  };
}

export function testPlan(parts: PlanParts = {}): Plan {
  return makePlan(planDraft(parts));
}

export function targetsOf(targets: number | readonly PlannedTarget[]): readonly PlannedTarget[] {
  if (typeof targets !== 'number') return targets;
  return Array.from({ length: targets }, (_, index) => ({ id: `t${index + 1}`, from: OLD.id }));
}

export function updateOf(targets: number | readonly PlannedTarget[], mode: UpdateMode): Step {
  const ids = targetsOf(targets).map((target) => target.id);
  return { kind: 'update', targets: ids, mode, direction: 'forward' };
}

export function release(version: string): Release {
  const digest = Buffer.from(version.padEnd(32, '.')).toString('hex');
  return { id: releaseId(version, digest), service: 'api', version, digest, spec: {} };
}
