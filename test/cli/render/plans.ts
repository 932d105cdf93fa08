/** Plans to render: every strategy, on a platform that runs two releases side by side and on one that cannot. */
import { makePlan } from '../../../src/domain/make-plan.ts';
import type { Capabilities, Plan, PlannedTarget } from '../../../src/domain/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/domain/policy.ts';
import { type Release, releaseId } from '../../../src/domain/release.ts';
import type { HookStep, Step } from '../../../src/domain/step.ts';
import type { Strategy } from '../../../src/strategies/strategy.ts';

/** 2026-11-23 12:00:00 UTC. */
export const NOON = Date.UTC(2026, 10, 23, 12);

export const BESIDE: Capabilities = { beside: true, routed: true, staged: true, probed: true, checked: true };
export const IN_PLACE: Capabilities = {
  beside: false,
  routed: true,
  staged: true,
  probed: true,
  checked: true,
};
/** A deploy function: nothing is known but that it succeeded. */
export const BARE: Capabilities = {
  beside: false,
  routed: false,
  staged: false,
  probed: false,
  checked: false,
};

export interface PlanOptions {
  readonly strategy: Strategy;
  readonly can?: Capabilities;
  /** Targets `api.1`, `api.2`, ... Default 4. */
  readonly targets?: number;
  /** What each target runs: a version, or nothing. Default 1.0.0 everywhere. */
  readonly from?: (index: number) => string | null;
  /** Targets at the end of the list that leave. Default 0. */
  readonly leaving?: number;
  readonly version?: string;
  readonly environment?: string;
  readonly policy?: Partial<Policy>;
  readonly hooksBefore?: readonly HookStep[];
  readonly hooksOnFailure?: readonly HookStep[];
  readonly steps?: readonly Step[];
}

/** A release whose digest follows from its version. */
export function releaseOf(version: string): Release {
  const digest = Buffer.from(version.padEnd(32, '.')).toString('hex');
  return { id: releaseId(version, digest), service: 'api', version, digest, spec: {} };
}

export function planFor(options: PlanOptions): Plan {
  const { strategy, can = BESIDE, targets = 4, from = () => '1.0.0', leaving = 0 } = options;
  const previous: Record<string, Release> = {};
  const planned = Array.from({ length: targets + leaving }, (_, index): PlannedTarget => {
    const version = from(index);
    const target = { id: `api.${index + 1}`, from: version === null ? null : releaseOf(version).id };
    if (version !== null) previous[releaseOf(version).id] = releaseOf(version);
    return index < targets ? target : { ...target, leaving: true };
  });
  const wanted = planned.filter((target) => target.leaving !== true).map((target) => target.id);
  const first = planned.every((target) => target.from === null);
  const steps = options.steps ?? strategy.steps({ targets: wanted, first, can });
  return makePlan({
    service: 'api',
    environment: options.environment ?? 'production',
    release: releaseOf(options.version ?? '1.1.0'),
    previous,
    targets: planned,
    strategy: { name: strategy.name, options: strategy.options },
    steps: [...(options.hooksBefore ?? []), ...steps],
    hooksOnFailure: options.hooksOnFailure ?? [],
    capabilities: can,
    policy: { ...DEFAULT_POLICY, ...options.policy },
    createdAt: NOON,
  });
}
