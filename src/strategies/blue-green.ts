import type { Step } from '../domain/step.ts';
import { type GateOptions, gateOption, gateStep } from './gate.ts';
import {
  everythingAtOnce,
  rollout,
  type Strategy,
  type StrategyContext,
  shareBefore,
  update,
} from './strategy.ts';

export interface BlueGreenOptions {
  /** Asks people before the traffic is switched; a text is what one person is asked, whoever that is. */
  readonly gate?: string | GateOptions;
  /** How long the old stays ready after the switch, with checks running, in milliseconds. Default 0. */
  readonly bakeMs?: number;
}

/** The new beside the old on every target, verified without traffic; then all the traffic at once. Throws `InvalidInputError`. */
export function blueGreenSteps(options: BlueGreenOptions = {}): Strategy {
  const { gate, ...rest } = options;
  if (gate !== undefined) gateStep(gate, 'gate');
  return {
    name: 'blueGreen',
    options: { ...rest, ...gateOption(gate) },
    steps(context) {
      return context.first ? everythingAtOnce(context) : rollout(context, blueGreenMiddle(context, options));
    },
  };
}

function blueGreenMiddle(context: StrategyContext, options: BlueGreenOptions): Step[] {
  const { targets, can } = context;
  const { gate, bakeMs = 0 } = options;
  const splits = can.routed && can.beside;
  const steps: Step[] = splits ? [{ kind: 'shift', percent: shareBefore(context) }] : [];
  steps.push(update(targets, can.beside ? 'beside' : 'in-place'), { kind: 'verify' });
  if (gate !== undefined) steps.push(gateStep(gate, 'gate'));
  if (splits) steps.push({ kind: 'shift', percent: 100 });
  if (bakeMs > 0) steps.push({ kind: 'bake', durationMs: bakeMs });
  return steps;
}
