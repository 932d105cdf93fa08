/**
 * A rollback is not a special path: it is steps too, computed from where the deployment stands, and goes
 * through the same engine and the same checks. Capacity comes before traffic: what is gone of the old is
 * started first, then the traffic moves, and only then the new is taken down, and its copies with it.
 */
import { shareOf } from './amount.ts';
import { isUnchanged } from './plan.ts';
import {
  currentStep,
  type DeploymentState,
  type InstancePhase,
  isUnreachable,
  type TargetState,
} from './state.ts';
import type { Step, UpdateMode } from './step.ts';

/** The steps that bring every touched target back to what it ran before. */
export function rollbackSteps(state: DeploymentState): Step[] {
  const { plan } = state;
  const steps: Step[] = [];
  const { broken, serving, lost } = targetsToRestore(state);
  const mode = restoreMode(state);
  // Where the new does not serve there is nothing to protect: all at once, and first.
  if (broken.length > 0) steps.push({ kind: 'update', targets: broken, mode, direction: 'back' });
  for (const targets of inBatches(serving, largestBatch(state))) {
    steps.push({ kind: 'update', targets, mode, direction: 'back' });
  }
  // Nobody is to wait for what may not answer.
  if (lost.length > 0) steps.push({ kind: 'update', targets: lost, mode, direction: 'back' });
  if (trafficMoved(state)) steps.push({ kind: 'shift', percent: shareBefore(state) });
  if (newIsLeftOver(state, mode) || copiesAreLeft(state)) steps.push({ kind: 'retire', side: 'new' });
  return [...steps, ...plan.hooksOnFailure];
}

/**
 * The rest of a rollback whose shift was refused, as part of the old is gone since anybody looked: it is looked
 * for, started again, and then the traffic moves. `null` when that was tried before, or is not the reason.
 */
export function restoringSteps(state: DeploymentState): Step[] | null {
  if (state.direction !== 'back' || currentStep(state)?.kind !== 'shift') return null;
  const believed = targetsOn(state, 'serving');
  // Where nobody answers on the old, even what was failing is given another chance.
  const targets = believed.length > 0 ? believed : targetsOn(state, 'failing');
  const tried = state.steps
    .slice(0, state.position)
    .flatMap((step) => (step.kind === 'update' ? step.targets : []));
  if (targets.every((id) => tried.includes(id))) return null;
  const restore: Step = { kind: 'update', targets, mode: 'beside', direction: 'back' };
  return [restore, ...state.steps.slice(state.position)];
}

/** Ids of the targets that change, and whose old release is in this phase. */
function targetsOn({ plan, targets }: DeploymentState, phase: InstancePhase): string[] {
  return plan.targets
    .filter((planned, index) => {
      return planned.from !== null && !isUnchanged(plan, planned) && targets.get(index).old === phase;
    })
    .map((planned) => planned.id);
}

interface TargetsToRestore {
  readonly broken: string[];
  /** The new release serves there, or may. */
  readonly serving: string[];
  /** They could not be reached when they were last tried. */
  readonly lost: string[];
}

/** Targets whose old release does not serve any more, by whether the new one does, or may. */
function targetsToRestore(state: DeploymentState): TargetsToRestore {
  const found: TargetsToRestore = { broken: [], serving: [], lost: [] };
  let index = 0;
  for (const target of state.targets) {
    const planned = state.plan.targets[index++];
    if (!planned || planned.from === null || isUnchanged(state.plan, planned)) continue;
    if (!isTouched(target) || target.old === 'serving') continue;
    // The old was failing before we came and still runs: there is nothing to go back to.
    if (target.old === 'failing') continue;
    // An admit that failed may have let in what is healthy.
    const mayServe = target.new === 'serving' || target.new === 'healthy';
    if (isUnreachable(target)) found.lost.push(planned.id);
    else found[mayServe ? 'serving' : 'broken'].push(planned.id);
  }
  return found;
}

function isTouched(target: TargetState): boolean {
  return target.new !== 'none' || target.old !== 'serving';
}

/** Under a split the new keeps its traffic until the shift, so the old is only started beside it. */
function restoreMode(state: DeploymentState): UpdateMode {
  if (!state.plan.capabilities.beside) return 'in-place';
  if (trafficMoved(state)) return 'beside';
  return usedInPlace(state) ? 'in-place' : 'surge';
}

function usedInPlace(state: DeploymentState): boolean {
  return state.plan.steps.some((step) => step.kind === 'update' && step.mode === 'in-place');
}

function trafficMoved(state: DeploymentState): boolean {
  // A shift that was cut short may have been done: it counts as done.
  const step = currentStep(state);
  const underWay = state.step !== null && step?.kind === 'shift' ? step.percent : 0;
  return state.plan.capabilities.routed && Math.max(underWay, state.split ?? 0) > shareBefore(state);
}

/** What the new release had of the traffic before the plan: the share of the targets that ran it already. */
function shareBefore({ plan }: DeploymentState): number {
  const wanted = plan.targets.filter((target) => target.leaving !== true);
  return shareOf(wanted.filter((target) => isUnchanged(plan, target)).length, wanted.length);
}

/** An update with `surge` or `in-place` takes the new down itself; other targets still have it. */
function newIsLeftOver(state: DeploymentState, mode: UpdateMode): boolean {
  let index = 0;
  for (const target of state.targets) {
    const planned = state.plan.targets[index++];
    if (target.new === 'none' || !planned || isUnchanged(state.plan, planned)) continue;
    const restored = planned.from !== null && target.old !== 'serving' && target.old !== 'failing';
    if (!restored || mode === 'beside') return true;
  }
  return false;
}

/** Whether releases were, or may have been, put on targets: what failed is not to fill their disks. */
function copiesAreLeft(state: DeploymentState): boolean {
  const { capabilities, steps } = state.plan;
  const stage = steps.findIndex((step) => step.kind === 'stage');
  if (!capabilities.staged || stage < 0) return false;
  return state.position > stage || (state.position === stage && state.step !== null);
}

function largestBatch(state: DeploymentState): number {
  let largest = 1;
  for (const step of state.plan.steps) {
    if (step.kind === 'update') largest = Math.max(largest, step.targets.length);
  }
  return largest;
}

function inBatches(ids: readonly string[], size: number): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < ids.length; start += size) batches.push(ids.slice(start, start + size));
  return batches;
}
