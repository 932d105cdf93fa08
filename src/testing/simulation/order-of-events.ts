import type { DeploymentEvent } from '../../domain/event.ts';
import type { DeploymentState } from '../../domain/state.ts';

/** A verify step or bake that was passed without a good answer, or the word of a person. */
export function passedWithoutAnswer(
  events: readonly DeploymentEvent[],
  state: DeploymentState,
): string | null {
  let verdict: string | null = null;
  let steps = state.plan.steps;
  for (const event of events) {
    if (event.type === 'rollback-started' || event.type === 'stopped') steps = event.steps;
    if (event.type === 'step-started') verdict = null;
    if (event.type === 'operations-finished') {
      for (const { operation, verdict: said } of event.outcomes) {
        if (operation === 'check') verdict = said ?? 'none';
      }
    }
    const kind = event.type === 'step-finished' ? steps[event.step]?.kind : undefined;
    if (event.type !== 'step-finished' || (kind !== 'verify' && kind !== 'bake')) continue;
    if (!state.plan.capabilities.checked || verdict === 'pass') continue;
    if (event.note === undefined) return `step ${event.step} was passed with the verdict ${verdict}`;
  }
  return null;
}

/** A gate that was passed without enough people who may say yes, or with a yes to another plan. */
export function passedWithoutApproval(
  events: readonly DeploymentEvent[],
  { plan }: DeploymentState,
): string | null {
  const promoters = new Set<string>();
  let here = new Set<string>();
  for (const event of events) {
    // The way back has no gates.
    if (event.type === 'rollback-started') return null;
    if (event.type === 'step-started') here = new Set();
    if (event.type === 'signal-received' && event.refused === undefined) {
      const { signal, by, full, digest = plan.digest } = event.signal;
      if (signal !== 'abort' && digest !== plan.digest) return `${by}: ${signal} of another plan was obeyed`;
      if (signal === 'approve' || signal === 'promote') here.add(by);
      if (signal === 'promote' && full === true) promoters.add(by);
    }
    const step = event.type === 'step-finished' ? plan.steps[event.step] : undefined;
    if (step?.kind !== 'gate') continue;
    const { approvals = 1, approvers } = step;
    const people = [...new Set([...here, ...promoters])].filter((by) => approvers?.includes(by) ?? true);
    if (people.length < approvals) {
      return `"${step.name}" takes ${approvals}, and was passed with ${people.join(', ') || 'nobody'}`;
    }
  }
  return null;
}

/** A step that was left out, or taken twice. */
export function stepsOutOfOrder(events: readonly DeploymentEvent[]): string | null {
  let next = 0;
  for (const event of events) {
    if (event.type === 'rollback-started' || event.type === 'stopped') next = 0;
    if (event.type !== 'step-started') continue;
    if (event.step !== next) return `step ${event.step} was started instead of ${next}`;
    next++;
  }
  return null;
}
