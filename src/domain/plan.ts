import type { Json } from './json.ts';
import type { Policy } from './policy.ts';
import type { Release } from './release.ts';
import type { HookStep, Step } from './step.ts';

/** What the platform and router can do, as far as plans depend on it. */
export interface Capabilities {
  /** Two releases can run on one target at once. */
  readonly beside: boolean;
  /** There is a router: traffic can be admitted, drained and shared out. */
  readonly routed: boolean;
  /** Releases are put on targets before they run, and pruned afterwards. */
  readonly staged: boolean;
  /** It can be told of a single instance whether it is healthy. */
  readonly probed: boolean;
  /** There are checks to ask during a bake and in the verify step. */
  readonly checked: boolean;
}

/** One target as the plan saw it. */
export interface PlannedTarget {
  readonly id: string;
  /** Release id that ran there when the plan was made; `null` when none did. The plan's own: stays as it is. */
  readonly from: string | null;
  /** True when the target is no longer wanted: its old release is retired, nothing is started. */
  readonly leaving?: true;
}

/** Steps, targets, from-versions and policy: what will happen, all of it. */
export interface Plan {
  readonly service: string;
  readonly environment: string;
  /** The release that the targets go to. */
  readonly release: Release;
  /** Every release that a target may have to go back to, by id. */
  readonly previous: { readonly [releaseId: string]: Release };
  readonly targets: readonly PlannedTarget[];
  readonly strategy: { readonly name: string; readonly options: { readonly [key: string]: Json } };
  readonly steps: readonly Step[];
  /** Run when it has failed or was aborted: after the rollback, or where there is none or no end of it. */
  readonly hooksOnFailure: readonly HookStep[];
  readonly capabilities: Capabilities;
  readonly policy: Policy;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** SHA-256, hex, over all of the above: an edited plan no longer fits it. */
  readonly digest: string;
}

/**
 * Whether the target ran the plan's own release before and keeps it: nothing is brought there, nothing taken
 * back. On one that leaves, the same release is what goes.
 */
export function isUnchanged(plan: Plan, target: PlannedTarget): boolean {
  return target.from === plan.release.id && target.leaving !== true;
}
