import { LAST_WORDS_MS } from '../domain/decide.ts';
import type { OperationContext } from '../domain/operation.ts';
import type { Plan } from '../domain/plan.ts';
import { OperationError } from '../errors.ts';
import type { Instance } from '../platforms/platform.ts';
import { lookAtFleet } from './look-at-fleet.ts';
import { subjectOf } from './performance.ts';
import type { Ports } from './ports.ts';

/** The look that the plan was made from is as good, where it was here and just now. */
const JUST_SEEN_MS = 3_000;

export interface FleetObservation {
  /** Release id by target id, for targets that run one. */
  readonly running: ReadonlyMap<string, string>;
  /** Indexes of targets whose release does not run properly, or cannot be looked at. */
  readonly unhealthy: readonly number[];
  /** What each target runs that could not be looked at is not known. */
  readonly unreachable: ReadonlyMap<string, Error>;
}

/**
 * Looks at every target of a plan before it starts. Throws `OperationError` when that takes longer than
 * `timeoutsMs.observe`, also where the platform does not heed that its time is over.
 */
export async function observeFleet(ports: Ports, plan: Plan): Promise<FleetObservation> {
  const timeLimit = new AbortController();
  const timeoutMs = plan.policy.timeoutsMs.observe;
  const stopTimer = ports.clock.schedule(timeoutMs, () => timeLimit.abort());
  let stopWaiting = () => {};
  const givenUp = new Promise<never>((_resolve, reject) => {
    stopWaiting = ports.clock.schedule(timeoutMs + LAST_WORDS_MS, () => reject(noAnswer(timeoutMs)));
  });
  try {
    return await Promise.race([lookAt(ports, plan, { signal: timeLimit.signal }), givenUp]);
  } finally {
    stopTimer();
    stopWaiting();
  }
}

function noAnswer(timeoutMs: number): OperationError {
  return new OperationError(`the platform did not tell what runs within ${timeoutMs} ms`, {
    remedy: 'Nothing was begun. See that the targets can be reached, and try again.',
  });
}

async function lookAt(ports: Ports, plan: Plan, context: OperationContext): Promise<FleetObservation> {
  const ids = plan.targets.map((target) => target.id);
  const { instances, unreachable } = await lookAtFleet(ports.platform, plan.service, ids, {
    ...context,
    atMostMsOld: JUST_SEEN_MS,
  });
  const running = currentReleases(instances, plan.release.id);
  const byKey = new Map(instances.map((instance) => [`${instance.target}\n${instance.release}`, instance]));
  const unhealthy: number[] = [];
  for (const [index, { id, from }] of plan.targets.entries()) {
    if (from !== null && unreachable.has(id)) unhealthy.push(index);
  }
  const updated = new Set(plan.steps.flatMap((step) => (step.kind === 'update' ? step.targets : [])));
  await Promise.all(
    plan.targets.map(async ({ id, from }, index) => {
      // One that is to be brought to what it runs is not well: that has to be seen, or nothing is done there.
      const isAsked = plan.policy.minAvailable > 0 || (from === plan.release.id && updated.has(id));
      if (from === null || unreachable.has(id) || !isAsked) return;
      const instance = byKey.get(`${id}\n${from}`);
      if (!(await isHealthy(ports, instance, context.signal))) unhealthy.push(index);
    }),
  );
  return { running, unhealthy: unhealthy.toSorted((a, b) => a - b), unreachable };
}

/**
 * Which release each target runs. Where a failed deployment has left two, it is the one that is not the plan's
 * own (`to`), so that going there takes the other down; else the one that has run longest.
 */
export function currentReleases(instances: readonly Instance[], to?: string): Map<string, string> {
  const chosen = new Map<string, Instance>();
  for (const instance of instances) {
    const known = chosen.get(instance.target);
    if (known === undefined || isRather(instance, known, to)) chosen.set(instance.target, instance);
  }
  return new Map([...chosen].map(([target, instance]) => [target, instance.release]));
}

function isRather(one: Instance, other: Instance, to: string | undefined): boolean {
  if (one.release === to || other.release === to) return other.release === to;
  return (one.startedAt ?? 0) < (other.startedAt ?? 0);
}

async function isHealthy(
  ports: Ports,
  instance: Instance | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (instance?.state !== 'running') return false;
  if (ports.health === null) return true;
  return (await ports.health.judge(subjectOf(instance), signal)).status !== 'unhealthy';
}
