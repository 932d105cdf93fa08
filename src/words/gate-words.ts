/** How a gate stands, in words: who has approved, how many that takes, until when, who may. */
import { countOf, type GateStanding } from '../domain/gate.ts';
import { clean } from './clean.ts';
import { formatDeadline } from './durations-text.ts';

/** Facts to be joined: `1 of 2 approved (ann@laptop)`, `until 14:05 UTC`, `who may: ann, bob`. */
export function gateFacts(gate: GateStanding, now: number): string[] {
  return [...countAndDeadline(gate, now), ...whoMay(gate)];
}

export function countAndDeadline(gate: GateStanding, now: number): string[] {
  const { approvals, needed, deadline } = gate;
  const who = approvals.map(({ by }) => clean(by)).join(', ');
  const count = needed === 1 ? [] : [`${countOf(gate)} approved${who === '' ? '' : ` (${who})`}`];
  return [...count, deadline === null ? 'its time stands still' : `until ${formatDeadline(deadline, now)}`];
}

/** Nothing where anybody may. */
export function whoMay({ approvers }: GateStanding): string[] {
  return approvers === null ? [] : [`who may: ${approvers.map(clean).join(', ')}`];
}

/** What it takes: `approval`, `approval of ann or bob`, `2 approvals of ann, bob, carl`. */
export function approvalWords(approvals: number, approvers: readonly string[] | undefined): string {
  const what = approvals === 1 ? 'approval' : `${approvals} approvals`;
  if (approvers === undefined) return what;
  const names = approvers.map(clean);
  return `${what} of ${approvals === 1 ? names.join(' or ') : names.join(', ')}`;
}
