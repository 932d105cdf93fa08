import { atMost, capacityFor } from '../domain/amount.ts';
import type { Step } from '../domain/step.ts';
import { InvalidInputError } from '../errors.ts';
import { type GateOptions, gateOption, gateStep } from './gate.ts';
import {
  everythingAtOnce,
  rollout,
  type Strategy,
  type StrategyContext,
  shareBefore,
  update,
} from './strategy.ts';

export interface CanaryStage {
  /** Share of the traffic, and of the targets, that has the new release: more than 0, up to 100. */
  readonly percent: number;
  /** How long it stays there, with checks running, in milliseconds. Default 10,000 with checks, else 0. */
  readonly bakeMs?: number;
  /** Asks people before it goes on; a text is what one person is asked, whoever that is. */
  readonly gate?: string | GateOptions;
}

export interface CanaryOptions {
  /** Rising; a last one of 100 is added when it is missing. Default 10, 25, 50 and 100 percent. */
  readonly stages?: readonly (number | CanaryStage)[];
}

const DEFAULT_STAGES = [10, 25, 50, 100];
const DEFAULT_BAKE_MS = 10_000;

/** A small share first, then more, each watched before the next. Throws `InvalidInputError`. */
export function canarySteps(options: CanaryOptions = {}): Strategy {
  const stages = checked(options.stages ?? DEFAULT_STAGES);
  return {
    name: 'canary',
    options: { stages: stages.map(({ gate, ...stage }) => ({ ...stage, ...gateOption(gate) })) },
    steps(context) {
      return context.first ? everythingAtOnce(context) : rollout(context, canaryMiddle(context, stages));
    },
  };
}

function checked(given: readonly (number | CanaryStage)[]): CanaryStage[] {
  const stages = given.map((stage) => (typeof stage === 'number' ? { percent: stage } : stage));
  let last = 0;
  for (const [index, { percent, gate }] of stages.entries()) {
    if (gate !== undefined) gateStep(gate, `stages[${index}].gate`);
    if (!(percent > last && percent <= 100)) {
      throw new InvalidInputError(`stages[${index}]: ${percent} percent after ${last} percent`, {
        remedy: 'Stages rise, each more than the one before and none more than 100.',
      });
    }
    last = percent;
  }
  return last === 100 ? stages : [...stages, { percent: 100 }];
}

function canaryMiddle(context: StrategyContext, stages: readonly CanaryStage[]): Step[] {
  const { targets, can } = context;
  const splits = can.routed && can.beside;
  const before = shareBefore(context);
  const middle: Step[] = splits ? [{ kind: 'shift', percent: before }] : [];
  let updated = 0;
  for (const stage of stages) {
    // It is past this stage already, and never goes back to less.
    if (stage.percent <= before) continue;
    const count = Math.max(updated, targetsFor(stage.percent, context));
    // Too few targets for this stage to differ from the one before it: there is nothing new to watch.
    if (!splits && count === updated && stage.gate === undefined) continue;
    if (count > updated) {
      middle.push(update(targets.slice(updated, count), can.beside ? 'beside' : 'in-place'));
      updated = count;
    }
    if (splits) middle.push({ kind: 'shift', percent: stage.percent });
    middle.push(...waits(stage, context));
  }
  return [...middle, { kind: 'verify' }];
}

/**
 * Side by side, the share of traffic is what is limited, and it needs its capacity: rounded up. In place, the
 * targets themselves are at stake: at least one, else rounded down. See decisions/canary-rounding.md.
 */
function targetsFor(percent: number, { targets, unchanged = 0, can }: StrategyContext): number {
  const all = targets.length + unchanged;
  return (can.beside && can.routed ? capacityFor(percent, all) : atMost(`${percent}%`, all)) - unchanged;
}

function waits(stage: CanaryStage, { can }: StrategyContext): Step[] {
  const { bakeMs = can.checked ? DEFAULT_BAKE_MS : 0, gate } = stage;
  const bake: Step[] = bakeMs > 0 ? [{ kind: 'bake', durationMs: bakeMs }] : [];
  return gate === undefined ? bake : [...bake, gateStep(gate, 'gate')];
}
