import type { Json } from '../domain/json.ts';
import { whatIsWrongWithApprovals } from '../domain/make-plan.ts';
import type { GateStep } from '../domain/step.ts';
import { InvalidInputError } from '../errors.ts';

/** A question to people before a rollout goes on. */
export interface GateOptions {
  /** What is asked, in a few words. */
  readonly name: string;
  /** How long it waits for an answer, in milliseconds. Default one day. */
  readonly deadlineMs?: number;
  /** How many people have to say yes. Default 1. */
  readonly approvals?: number;
  /** Who may answer: `ann`, on any machine, or `ann@laptop`. Default: anybody. */
  readonly approvers?: readonly string[];
}

const DEFAULT_DEADLINE_MS = 24 * 60 * 60 * 1_000;

/**
 * The step that asks; a text is short for a gate with that name.
 * @param where told in the message of the `InvalidInputError` for one that could never be passed
 */
export function gateStep(gate: string | GateOptions, where: string): GateStep {
  const options = typeof gate === 'string' ? { name: gate } : gate;
  const { name, deadlineMs = DEFAULT_DEADLINE_MS, approvals = 1, approvers } = options;
  const wrong = whatIsWrongWithApprovals(options);
  if (wrong !== null) {
    throw new InvalidInputError(`${where}: ${wrong}`, {
      remedy: 'Ask for fewer approvals, or of more people.',
    });
  }
  return {
    kind: 'gate',
    name,
    deadlineMs,
    ...(approvals === 1 ? {} : { approvals }),
    ...(approvers === undefined ? {} : { approvers }),
  };
}

/** As plans show it among the options of their strategy. */
export function gateOption(gate: string | GateOptions | undefined): { readonly gate?: Json } {
  if (gate === undefined) return {};
  return { gate: typeof gate === 'string' ? gate : { ...gate } };
}
