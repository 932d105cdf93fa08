/** What a deployment believes, and what it promised, held against the world as it is in the end. */
import { isUnchanged, type PlannedTarget } from '../../domain/plan.ts';
import type { DeploymentState, InstancePhase } from '../../domain/state.ts';
import type { World } from './world.ts';

/** The first target of which `wrong` says something, and what; `null` when there is none. */
export function firstWrong(
  state: DeploymentState,
  wrong: (index: number, planned: PlannedTarget) => string | null,
): string | null {
  for (const [index, planned] of state.plan.targets.entries()) {
    const message = wrong(index, planned);
    if (message !== null) return `${planned.id} ${message}`;
  }
  return null;
}

/** Where the state says of a target what is not so. */
export function whereBeliefFails(state: DeploymentState, index: number, world: World): string | null {
  const planned = state.plan.targets[index] as PlannedTarget;
  if (world.hasRebooted(planned.id)) return null;
  const target = state.targets.get(index);
  const { id, from } = planned;
  // The plan's own release on a target that leaves is its old one.
  const isOwn = from === state.plan.release.id;
  const onNew =
    isOwn && planned.leaving ? null : whereSideFails(world, id, state.plan.release.id, target.new);
  if (onNew !== null || from === null || isUnchanged(state.plan, planned)) return onNew;
  return whereSideFails(world, id, from, target.old);
}

function whereSideFails(world: World, id: string, release: string, phase: InstancePhase): string | null {
  const instance = world.instance(id, release);
  if (phase === 'none') return instance === undefined ? null : `still has ${release}, believed gone`;
  if (phase !== 'serving') return null;
  if (instance === undefined) return `does not have ${release}, believed to serve`;
  return world.getsTraffic(instance) || world.isAdmitted(id, release) || instance.sickSince !== null
    ? null
    : `has ${release} without traffic, believed to serve`;
}

/** Where a target does not serve the new release, and only that, after all went well. */
export function whereNotNew({ plan }: DeploymentState, planned: PlannedTarget, world: World): string | null {
  const { id, from, leaving } = planned;
  if (world.hasRebooted(id)) return null;
  const old = from === null || from === plan.release.id ? undefined : world.instance(id, from);
  if (old !== undefined) return 'still has the old release';
  const instance = world.instance(id, plan.release.id);
  if (leaving) return instance === undefined ? null : 'was to be left, and runs the new release';
  if (instance === undefined) return 'does not run the new release';
  return world.getsTraffic(instance) || instance.sickSince !== null ? null : 'gets no traffic';
}

/** Where a target that failed, and was tolerated, was left with more than what it had. */
export function whereLeftInHalf(
  { plan, targets }: DeploymentState,
  index: number,
  { id, from }: PlannedTarget,
  world: World,
): string | null {
  if (from === null || from === plan.release.id || targets.get(index).old !== 'serving') return null;
  // To clear it away was tried, and has failed too.
  const left = targets.get(index).new;
  if (left === 'attempted' || left === 'draining' || left === 'drained') return null;
  return world.instance(id, plan.release.id) === undefined
    ? null
    : 'failed, and still has the new beside the old';
}

/** Where a target does not serve what it had, and only that, after a rollback. */
export function whereNotRestored(
  state: DeploymentState,
  index: number,
  planned: PlannedTarget,
  world: World,
): string | null {
  const { plan } = state;
  const { id, from } = planned;
  if (isUnchanged(plan, planned)) return whereNotKept(planned, world);
  // Where the old was found broken there is nothing to go back to, and what serves is left alone.
  if (state.targets.get(index).old === 'failing') return null;
  if (from !== plan.release.id && world.instance(id, plan.release.id) !== undefined) {
    return 'still has the new release';
  }
  if (from === null) return null;
  const instance = world.instance(id, from);
  if (instance === undefined) return `does not run ${from} again`;
  // Its share is that of the plan's own release, which a rollback gives back only to targets that stay.
  if (from === plan.release.id) return null;
  return world.getsTraffic(instance) || instance.sickSince !== null ? null : `${from} gets no traffic`;
}

/** Where a copy of the plan's release is left, though nothing runs it. */
export function whereCopyIsLeft(
  { plan }: DeploymentState,
  { id, from }: PlannedTarget,
  world: World,
): string | null {
  // On a target that ran it before, it is what was gone back to.
  if (!plan.capabilities.staged || from === plan.release.id) return null;
  const isIdle = world.instance(id, plan.release.id) === undefined;
  return isIdle && world.hasCopy(id, plan.release.id) ? 'still has the files of the new release' : null;
}

function whereNotKept({ id, from }: PlannedTarget, world: World): string | null {
  const instance = world.instance(id, from ?? '');
  if (instance === undefined) return 'lost what it ran';
  return world.getsTraffic(instance) || instance.sickSince !== null ? null : 'lost its traffic';
}
