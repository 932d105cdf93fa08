import { type Amount, atMost, tolerated } from '../domain/amount.ts';
import type { Step, UpdateMode } from '../domain/step.ts';
import { InvalidInputError } from '../errors.ts';
import {
  everythingAtOnce,
  replacing,
  rollout,
  type Strategy,
  type StrategyContext,
  update,
} from './strategy.ts';

export interface RollingOptions {
  /** Targets a batch: a count or a percentage. Default `'25%'`. */
  readonly batchSize?: Amount;
  /**
   * Targets that may be out of service at once; makes batches smaller where targets are updated in place.
   * Default: the batch size in place, else 0.
   */
  readonly maxUnavailable?: Amount;
  /** Wait, with checks running, between two batches, in milliseconds. Default 0. */
  readonly pauseMs?: number;
  /** Stop the old before the new is started, also where both could run side by side. Default false. */
  readonly inPlace?: boolean;
}

/** Batch after batch, the next only when the last is healthy. */
export function rollingSteps(options: RollingOptions = {}): Strategy {
  const { batchSize = '25%', maxUnavailable, pauseMs = 0, inPlace = false } = options;
  return {
    name: 'rolling',
    options: { batchSize, ...(maxUnavailable === undefined ? {} : { maxUnavailable }), pauseMs, inPlace },
    steps(context) {
      if (context.first || context.targets.length === 0) return everythingAtOnce(context);
      const mode: UpdateMode = inPlace ? 'in-place' : replacing(context.can);
      const size = batchSizeOf(context, mode, batchSize, maxUnavailable);
      const middle: Step[] = [];
      for (let start = 0; start < context.targets.length; start += size) {
        if (start > 0 && pauseMs > 0) middle.push({ kind: 'bake', durationMs: pauseMs });
        middle.push(update(context.targets.slice(start, start + size), mode));
      }
      return rollout(context, [...middle, { kind: 'verify' }]);
    },
  };
}

function batchSizeOf(
  { targets, can }: StrategyContext,
  mode: UpdateMode,
  batchSize: Amount,
  maxUnavailable: Amount | undefined,
): number {
  const size = atMost(batchSize, targets.length);
  if (mode !== 'in-place' || maxUnavailable === undefined) return size;
  const allowed = tolerated(maxUnavailable, targets.length);
  if (allowed > 0) return Math.min(size, allowed);
  throw new InvalidInputError(
    `maxUnavailable ${maxUnavailable} of ${targets.length} targets allows none, but in place at least one must go`,
    { remedy: can.beside ? 'Leave out inPlace, or allow at least 1.' : 'Allow at least 1.' },
  );
}
