/**
 * How a gate stands: who has approved, how many that takes, who may, until when. A promote at a gate is the
 * approval of whoever promotes: it cuts waiting short, and no rule.
 */
import { isListed, isSamePerson } from './person.ts';
import { type Approval, currentStep, type DeploymentState, type StepProgress } from './state.ts';
import type { GateStep } from './step.ts';

export interface GateStanding {
  /** What is asked. */
  readonly question: string;
  /** Approvals that it takes. */
  readonly needed: number;
  /** One a person, in the order in which they came. */
  readonly approvals: readonly Approval[];
  /** Who may answer; `null`: anybody. */
  readonly approvers: readonly string[] | null;
  /** Until when there is time, milliseconds since the epoch; `null` while the deployment is paused. */
  readonly deadline: number | null;
}

/** The gate at which the deployment stands; `null` when it stands at none. */
export function gateOf(state: DeploymentState): GateStanding | null {
  const step = currentStep(state);
  if (step?.kind !== 'gate' || state.step === null) return null;
  return {
    question: step.name,
    needed: step.approvals ?? 1,
    approvals: approvalsOf(state, step, state.step),
    approvers: step.approvers ?? null,
    deadline: state.paused === null ? deadlineOf(step, state.step) : null,
  };
}

export function deadlineOf(step: GateStep, progress: StepProgress): number {
  return progress.startedAt + progress.pausedMs + step.deadlineMs;
}

/** Those given at the gate, and those of people who have promoted everything that is left, where they may. */
function approvalsOf({ promoters }: DeploymentState, step: GateStep, progress: StepProgress): Approval[] {
  const approvals = [...progress.approvals];
  for (const by of promoters) {
    const counts = approvals.some((given) => isSamePerson(given.by, by));
    if (!counts && mayAnswer(step, by)) approvals.push({ by, promoted: true });
  }
  return approvals;
}

export function mayAnswer({ approvers }: GateStep, person: string): boolean {
  return approvers === undefined || isListed(person, approvers);
}

/** `1 of 2`. */
export function countOf({ approvals, needed }: GateStanding): string {
  return `${approvals.length} of ${needed}`;
}

/** Who has approved, in words: `approved by ann@laptop and bob@desk`. */
export function approvedBy(approvals: readonly Approval[]): string {
  const [some, others] = [approvals.filter((one) => !one.promoted), approvals.filter((one) => one.promoted)];
  const words = [
    ...(some.length > 0 ? [`approved by ${some.map((one) => one.by).join(' and ')}`] : []),
    ...(others.length > 0 ? [`promoted by ${others.map((one) => one.by).join(' and ')}`] : []),
  ];
  return words.join(', ');
}

/** Nothing goes on until somebody answers. */
export function waitsForPerson({ paused, step, steps, position }: DeploymentState): boolean {
  return paused !== null || (step !== null && steps[position]?.kind === 'gate');
}
