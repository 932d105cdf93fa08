/**
 * What a plan will do, before anything moves. The plan is walked with the very `decide` and `evolve` that
 * will execute it, as if every operation succeeded at once; what is printed cannot differ from what happens.
 */
import { decide } from './decide.ts';
import type { DeploymentEvent } from './event.ts';
import { evolve } from './evolve.ts';
import { gateOf } from './gate.ts';
import type { Outcome } from './operation.ts';
import type { Plan } from './plan.ts';
import { rollbackSteps } from './rollback.ts';
import { type DeploymentState, type InstancePhase, initialState } from './state.ts';
import type { Side, Step } from './step.ts';

export interface StepPreview {
  readonly step: Step;
  /** The most instances beyond one a target that run at once during the step. */
  readonly extraInstances: number;
  /** The fewest targets that serve during the step. */
  readonly minServing: number;
  /** Share of the traffic that the new release has after the step; `null` where nothing splits it. */
  readonly percent: number | null;
  /** What a rollback after this step would do. */
  readonly rollback: readonly Step[];
  /** Time that the step waits by design: bakes. Milliseconds. */
  readonly waitsMs: number;
}

export interface PlanPreview {
  readonly steps: readonly StepPreview[];
  readonly peakExtraInstances: number;
  /** Targets that serve before the plan, less the fewest that serve during it. */
  readonly worstUnavailable: number;
  readonly waitsMs: number;
  /** Why it would not go through, in one sentence; `steps` are those before. `null` when it would. */
  readonly blocked: string | null;
}

/** Walks the plan to its end. */
export function previewPlan(plan: Plan): PlanPreview {
  let state = evolve(initialState('preview', plan, 'preview'), {
    type: 'deployment-started',
    at: 0,
    unhealthy: [],
  });
  const servingBefore = servingTargets(state);
  const steps: StepPreview[] = [];
  let now = 0;
  let meter = startMeter(state, now);
  let blocked: string | null = null;
  while (state.phase !== 'ended' && blocked === null) {
    const decision = decide(state, now);
    if (decision.events.length === 0) now = decision.wakeAt ?? now;
    for (const event of decision.events) {
      state = evolve(state, event);
      meter = readMeter(meter, state);
      if (event.type === 'step-started') meter = startMeter(state, now);
      if (event.type === 'operations-started') {
        state = evolve(state, succeedAll(event, now));
        meter = readMeter(meter, state);
      }
      if (event.type === 'step-failed') blocked = event.cause.message;
      if (event.type === 'step-finished') steps.push(stepPreview(state, event.step, meter, now));
    }
    state = answerGate(state, now);
  }
  return {
    steps,
    peakExtraInstances: Math.max(0, ...steps.map((step) => step.extraInstances)),
    worstUnavailable: servingBefore - Math.min(servingBefore, ...steps.map((step) => step.minServing)),
    waitsMs: steps.reduce((sum, step) => sum + step.waitsMs, 0),
    blocked,
  };
}

interface Meter {
  readonly startedAt: number;
  readonly extraInstances: number;
  readonly minServing: number;
}

function startMeter(state: DeploymentState, now: number): Meter {
  return { startedAt: now, extraInstances: extraInstances(state), minServing: servingTargets(state) };
}

function readMeter(meter: Meter, state: DeploymentState): Meter {
  return {
    startedAt: meter.startedAt,
    extraInstances: Math.max(meter.extraInstances, extraInstances(state)),
    minServing: Math.min(meter.minServing, servingTargets(state)),
  };
}

function stepPreview(state: DeploymentState, position: number, meter: Meter, now: number): StepPreview {
  return {
    step: state.plan.steps[position] as Step,
    extraInstances: meter.extraInstances,
    minServing: meter.minServing,
    percent: state.split,
    rollback: rollbackSteps(state),
    waitsMs: now - meter.startedAt,
  };
}

function succeedAll(
  event: Extract<DeploymentEvent, { type: 'operations-started' }>,
  at: number,
): DeploymentEvent {
  const outcomes = event.intents.map(({ target, operation }): Outcome => {
    const verdict = operation === 'check' ? { verdict: 'pass' as const } : {};
    return { target, operation, ok: true, tookMs: 0, ...verdict };
  });
  return { type: 'operations-finished', at, outcomes };
}

/** Everybody who is needed says yes. */
function answerGate(before: DeploymentState, at: number): DeploymentState {
  const gate = gateOf(before);
  if (gate === null) return before;
  const people = gate.approvers ?? Array.from({ length: gate.needed }, (_, index) => `preview-${index + 1}`);
  let state = before;
  for (const by of people) {
    const id = state.lastSignal + 1;
    state = evolve(state, { type: 'signal-received', at, id, signal: { signal: 'approve', by } });
  }
  return state;
}

/** Targets with an instance that is up and has a share of the traffic. */
function servingTargets(state: DeploymentState): number {
  if (state.split !== 0 && state.split !== 100) return state.available;
  const alone: Side = state.split === 0 ? 'old' : 'new';
  let serving = 0;
  for (const target of state.targets) if (target[alone] === 'serving') serving++;
  // A side that nothing serves leaves its share to the other.
  return serving === 0 ? state.available : serving;
}

function extraInstances(state: DeploymentState): number {
  // Where two releases cannot run side by side, "both" only says that the one is being replaced.
  if (!state.plan.capabilities.beside) return 0;
  let extra = 0;
  for (const target of state.targets) if (runs(target.new) && runs(target.old)) extra++;
  return extra;
}

function runs(phase: InstancePhase): boolean {
  return phase !== 'none';
}
