/** Rollbacks in words: what one would do after each step of a plan, and what one did. */
import type { Plan } from '../domain/plan.ts';
import type { PlanPreview } from '../domain/preview.ts';
import type { Step } from '../domain/step.ts';
import type { Symbols } from './paint.ts';
import { describeStep } from './step-words.ts';
import { counted, formatCount, oldLabel } from './words.ts';

/** A sentence for all steps after which it is the same: `after steps 3 to 11: all traffic to 1.0.0, stop 1.1.0`. */
export function rollbackGroups(plan: Plan, preview: PlanPreview, symbols: Symbols): string[] {
  const groups: { readonly does: string; readonly from: number; to: number }[] = [];
  const where = `the updated targets${pace(plan)}`;
  for (const [at, { rollback }] of preview.steps.entries()) {
    const does = inWords(rollback, plan, symbols, where);
    const last = groups.at(-1);
    if (last?.does === does) last.to = at + 1;
    else groups.push({ does, from: at + 1, to: at + 1 });
  }
  return groups.map(({ does, from, to }) => {
    const after = from === to ? `after step ${from}` : `after steps ${from} to ${to}`;
    return `${after}: ${does}`;
  });
}

/** What the steps of a rollback did: `bring 1.0.0 back on 3 targets, stop 1.1.0`. */
export function rollbackSentence(steps: readonly Step[], plan: Plan, symbols: Symbols): string {
  const updated = steps.reduce((sum, step) => sum + (step.kind === 'update' ? step.targets.length : 0), 0);
  return inWords(steps, plan, symbols, counted(updated, 'target'));
}

/** All updates together, as they differ only in their targets; then the rest, step by step. */
function inWords(steps: readonly Step[], plan: Plan, symbols: Symbols, where: string): string {
  const rest = steps.filter((step) => step.kind !== 'update');
  const back = rest.length === steps.length ? [] : [`bring ${oldLabel(plan) ?? 'the old'} back on ${where}`];
  const does = [...back, ...rest.map((step) => describeStep(step, plan, symbols).title)];
  return does.length === 0 ? 'nothing to undo' : does.join(', ');
}

/** How many at a time, where that is not all. */
function pace(plan: Plan): string {
  const batches = plan.steps.flatMap((step) => (step.kind === 'update' ? [step.targets.length] : []));
  const largest = Math.max(0, ...batches);
  const all = batches.reduce((sum, size) => sum + size, 0);
  if (all < 2) return '';
  return largest === all ? ', all at once' : `, ${formatCount(largest)} at a time`;
}
