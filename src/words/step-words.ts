/** Steps in plain words: the same in the plan, the live view, the plain lines and the history. */
import type { Plan } from '../domain/plan.ts';
import type { GateStep, HookStep, ShiftStep, Step, StepKind, UpdateStep } from '../domain/step.ts';
import { clean } from './clean.ts';
import { formatSpan } from './durations-text.ts';
import { approvalWords } from './gate-words.ts';
import type { Symbols } from './paint.ts';
import { commandLine, counted, formatPercent, idList, idsOf, newLabel, oldLabel } from './words.ts';

export interface StepWords {
  /** What is done, short: `update api.1, api.2`. */
  readonly title: string;
  /** How, or under which conditions; `null` when the title says it all. */
  readonly how: string | null;
}

interface Context {
  readonly plan: Plan;
  readonly symbols: Symbols;
  readonly new: string;
  /** What ran before, or `the old` where that was nothing. */
  readonly old: string;
  /** Nothing that ran before goes. */
  readonly first: boolean;
}

type Describers = {
  readonly [K in StepKind]: (step: Extract<Step, { kind: K }>, context: Context) => StepWords;
};

const DESCRIBERS: Describers = {
  stage: (_step, { plan, new: release }) => ({
    title: `stage ${release} on ${counted(idsOf(plan).wanted.length, 'target')}`,
    how: 'nothing starts yet',
  }),
  update,
  shift,
  bake: ({ durationMs }, { plan }) => ({
    title: `bake ${formatSpan(durationMs)}`,
    how: plan.capabilities.checked ? `checks every ${formatSpan(plan.policy.checkIntervalMs)}` : 'no checks',
  }),
  gate: ({ name, deadlineMs, approvals = 1, approvers }: GateStep) => ({
    title: `ask "${clean(name)}"`,
    how: `waits up to ${formatSpan(deadlineMs)} for ${approvalWords(approvals, approvers)}`,
  }),
  hook: ({ name, command, timeoutMs }: HookStep) => ({
    title: `run hook ${clean(name)}`,
    how: `${commandLine(command)} (up to ${formatSpan(timeoutMs)})`,
  }),
  verify: (_step, { plan, new: release }) => ({
    title: `verify ${release}`,
    how: plan.capabilities.checked ? 'every check once' : 'no checks are configured',
  }),
  retire,
};

/** What a step of the plan, or of its rollback, does. */
export function describeStep(step: Step, plan: Plan, symbols: Symbols): StepWords {
  const old = oldLabel(plan);
  const context: Context = { plan, symbols, new: newLabel(plan), old: old ?? 'the old', first: old === null };
  const describer = DESCRIBERS[step.kind] as (step: Step, context: Context) => StepWords;
  return describer(step, context);
}

function update(step: UpdateStep, context: Context): StepWords {
  const targets = idList(step.targets, context.symbols.ellipsis);
  if (step.direction === 'back') {
    return {
      title: `bring ${context.old} back on ${targets}`,
      how: howToReplace(step, context.old, context.new, context),
    };
  }
  if (context.first) {
    const how = bringUp(context).join(', ');
    return { title: `start ${context.new} on ${targets}`, how: how === '' ? null : how };
  }
  return { title: `update ${targets}`, how: howToReplace(step, context.new, context.old, context) };
}

function howToReplace({ mode }: UpdateStep, to: string, from: string, context: Context): string {
  const { routed, beside } = context.plan.capabilities;
  const down = routed ? `drain and stop ${from}` : `stop ${from}`;
  if (mode === 'beside') return [`start ${to} beside ${from}`, ...bringUp(context)].join(', ');
  if (mode === 'surge') return [`start ${to} beside ${from}`, ...bringUp(context), `then ${down}`].join(', ');
  const replaced = beside
    ? [down, `start ${to}`]
    : [...(routed ? ['drain'] : []), `replace ${from} by ${to}`];
  return [...replaced, ...bringUp(context)].join(', ');
}

function bringUp({ plan, first }: Context): string[] {
  const { probed, routed } = plan.capabilities;
  const waits = probed ? ['wait until healthy'] : [];
  const admits = routed && first ? ['give it traffic'] : [];
  return [...waits, ...admits];
}

function shift({ percent }: ShiftStep, context: Context): StepWords {
  if (percent === 0)
    return { title: `all traffic to ${context.first ? 'what serves' : context.old}`, how: null };
  const share = percent === 100 ? 'all traffic' : `${formatPercent(percent)} of traffic`;
  return { title: `${share} to ${context.new}`, how: null };
}

function retireNew({ plan, new: release }: Context): StepWords {
  if (!plan.capabilities.staged) return { title: `stop ${release}`, how: null };
  return { title: `clear away ${release}`, how: 'stop what runs of it, delete its copies' };
}

function retire({ side }: Extract<Step, { kind: 'retire' }>, context: Context): StepWords {
  const { plan, symbols } = context;
  if (side === 'new') return retireNew(context);
  const { leaving } = idsOf(plan);
  const leaves = leaving.length === 0 ? [] : [`stop ${idList(leaving, symbols.ellipsis)}`];
  const keeps = plan.capabilities.staged ? [`keep ${counted(plan.policy.keepReleases, 'release')}`] : [];
  const how = [...leaves, ...keeps].join(', ');
  return {
    title: context.first ? 'clean up' : `retire ${context.old}`,
    how: how === '' ? null : how,
  };
}
