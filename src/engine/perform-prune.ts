/** Deleting what is not to be kept on a target: at the end of a rollout, and of a rollback. */
import { OperationError } from '../errors.ts';
import type { Instance } from '../platforms/platform.ts';
import { type Performance, targetId } from './performance.ts';

/** Completed deployments that are looked at first. */
/** Nobody but the holder of the lease starts anything, so that a look a moment ago is as good. */
const JUST_SEEN_MS = 3_000;
const FIRST_LOOK = 50;

/**
 * Forwards: keeps the newest good releases, and in any case the two of this deployment. What an earlier
 * deployment that failed has left running beside them goes first. Backwards: the plan's own release goes,
 * unless it was good before; what runs stops for nobody.
 */
export async function prune(performance: Performance): Promise<void> {
  const { ports, state, handle } = performance;
  const { plan, direction } = state;
  const target = targetId(performance);
  if (direction === 'forward') await stopStrays(performance);
  if (!plan.capabilities.staged) return;
  const also = direction === 'forward' ? [plan.release.id] : await whatRuns(performance);
  const own = [...also, ...Object.keys(plan.previous)];
  const good = await goodReleases(performance);
  await handle.assertWanted();
  await ports.platform.prune(target, plan.service, [...new Set([...own, ...good])], handle);
}

/**
 * What the target had before the plan is down by now; what runs besides the new was left by an earlier one. Where
 * the new is gone meanwhile, as after a reboot, nobody else is stopped.
 */
async function stopStrays(performance: Performance): Promise<void> {
  const { ports, state, handle } = performance;
  const { service, release: own } = state.plan;
  const target = targetId(performance);
  const here = await look(performance);
  const strays = here.map(({ release }) => release).filter((release) => release !== own.id);
  const isLeaving = state.plan.targets.some(({ id, leaving }) => id === target && leaving === true);
  const isUp = here.some((one) => one.release === own.id && one.state !== 'exited');
  if (strays.length > 0 && !isUp && !isLeaving) {
    throw new OperationError(
      `${own.version} does not run on ${target} any more, so nothing is stopped there`,
    );
  }
  for (const release of strays) {
    await handle.assertWanted();
    await ports.router?.drain(service, target, release, handle);
    const stray = { id: release, service, version: release, digest: '', spec: {} };
    await ports.platform.stop(target, stray, handle);
  }
}

/** Release ids of what is on the target now, by looking; also that which crashed and is to be started again. */
async function whatRuns(performance: Performance): Promise<readonly string[]> {
  return (await look(performance)).map((instance) => instance.release);
}

function look(performance: Performance): Promise<Instance[]> {
  const { ports, state, handle } = performance;
  const { signal, lease } = handle;
  const context = { signal, lease, atMostMsOld: JUST_SEEN_MS };
  return ports.platform.inspect(state.plan.service, [targetId(performance)], context);
}

/**
 * The newest that completed before; forwards this one too, which is good by now. One that failed takes no
 * place of theirs.
 */
async function goodReleases({ ports, state }: Performance): Promise<readonly string[]> {
  const { service, environment, release, policy } = state.plan;
  const filter = { service, environment, outcome: 'completed' } as const;
  // As far back as need be: many in a row may have been of one release.
  for (let limit = FIRST_LOOK; ; limit *= 4) {
    const completed = await ports.journal.list({ ...filter, limit });
    const good = new Set(state.direction === 'forward' ? [release.id] : []);
    for (const deployment of completed) {
      if (good.size >= policy.keepReleases) return [...good];
      good.add(deployment.release);
    }
    if (completed.length < limit) return [...good];
  }
}
