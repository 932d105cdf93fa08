/**
 * The contract of a strategy: a pure function from targets and what the platform can do to steps. It only
 * writes steps; it never performs anything. Anybody's own function with this shape is as good as ours.
 */
import { shareOf } from '../domain/amount.ts';
import type { Json } from '../domain/json.ts';
import type { Capabilities } from '../domain/plan.ts';
import type { Step, UpdateMode } from '../domain/step.ts';

export interface StrategyContext {
  /** Target ids in the order in which they are to be updated: those that do not serve now come first. */
  readonly targets: readonly string[];
  /** True when no target runs anything yet: there is nothing to compare with and nothing to protect. */
  readonly first: boolean;
  /** Targets that run the release already, from a rollout that was left half-way. Default 0. */
  readonly unchanged?: number;
  /** Some targets are no longer wanted: there is something to retire, also where nothing is updated. */
  readonly leaving?: boolean;
  readonly can: Capabilities;
}

export type StepsFunction = (context: StrategyContext) => Step[];

export interface Strategy {
  readonly name: string;
  /** Shown in plans and history. */
  readonly options: { readonly [key: string]: Json };
  readonly steps: StepsFunction;
}

/** The middle of a rollout between its `stage` and its `retire`. */
export function rollout(context: StrategyContext, middle: readonly Step[]): Step[] {
  const { can, targets, leaving = false } = context;
  const stage: Step[] = can.staged ? [{ kind: 'stage' }] : [];
  const retire: Step[] = leaving || can.beside || can.staged ? [{ kind: 'retire', side: 'old' }] : [];
  if (targets.length === 0) return leaving ? retire : [];
  return [...stage, ...middle, ...retire];
}

/** Everything at once, then verify: also what every strategy comes to when there is nothing old. */
export function everythingAtOnce(context: StrategyContext): Step[] {
  return rollout(context, [update(context.targets, replacing(context.can)), { kind: 'verify' }]);
}

/** How a target is replaced: without losing its capacity where the platform can run two releases at once. */
export function replacing(can: Capabilities): UpdateMode {
  return can.beside ? 'surge' : 'in-place';
}

export function update(targets: readonly string[], mode: UpdateMode): Step {
  return { kind: 'update', targets, mode, direction: 'forward' };
}

/**
 * The share of the traffic that the new release has before anything moves, in percent: none, but for what
 * goes to targets that run it already. Taking that away would leave the others to carry it all.
 */
export function shareBefore({ targets, unchanged = 0 }: StrategyContext): number {
  return shareOf(unchanged, unchanged + targets.length);
}
