/** Who gives signals and answers gates, and what they are asked. */
import type { GateOptions } from '../../strategies/gate.ts';
import type { Random } from './random.ts';

export const PEOPLE = ['ann', 'bob', 'carl'] as const;

const GATE_DEADLINE_MS = 8_000;

/** A gate for one person or for several, for anybody or for some. */
export function drawGate(random: Random, name: string): GateOptions {
  const approvers = PEOPLE.slice(random.int(0, 1));
  return {
    name,
    deadlineMs: GATE_DEADLINE_MS,
    ...(random.chance(0.4) ? { approvals: 2 } : {}),
    ...(random.chance(0.3) ? { approvers } : {}),
  };
}
