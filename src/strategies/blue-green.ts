import type { Step } from '../domain/step.ts';
import { DEFAULT_GATE_DEADLINE_MS } from './canary.ts';
import {
  everythingAtOnce,
  rollout,
  type Strategy,
  type StrategyContext,
  shareBefore,
  update,
} from './strategy.ts';

export interface BlueGreenOptions {
  /** Asks a person before the traffic is switched. */
  readonly gate?: string;
  /** How long the gate waits, in milliseconds. Default one day. */
  readonly gateDeadlineMs?: number;
  /** How long the old stays ready after the switch, with checks running, in milliseconds. Default 0. */
  readonly bakeMs?: number;
}

/** The new beside the old on every target, verified without traffic; then all the traffic at once. */
export function blueGreenSteps(options: BlueGreenOptions = {}): Strategy {
  return {
    name: 'blueGreen',
    options: { ...options },
    steps(context) {
      return context.first ? everythingAtOnce(context) : rollout(context, blueGreenMiddle(context, options));
    },
  };
}

function blueGreenMiddle(context: StrategyContext, options: BlueGreenOptions): Step[] {
  const { targets, can } = context;
  const { gate, gateDeadlineMs = DEFAULT_GATE_DEADLINE_MS, bakeMs = 0 } = options;
  const splits = can.routed && can.beside;
  const steps: Step[] = splits ? [{ kind: 'shift', percent: shareBefore(context) }] : [];
  steps.push(update(targets, can.beside ? 'beside' : 'in-place'), { kind: 'verify' });
  if (gate !== undefined) steps.push({ kind: 'gate', name: gate, deadlineMs: gateDeadlineMs });
  if (splits) steps.push({ kind: 'shift', percent: 100 });
  if (bakeMs > 0) steps.push({ kind: 'bake', durationMs: bakeMs });
  return steps;
}
