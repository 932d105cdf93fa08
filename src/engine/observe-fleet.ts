import type { Plan } from '../domain/plan.ts';
import type { Instance } from '../platforms/platform.ts';
import { subjectOf } from './perform-on-target.ts';
import type { Ports } from './ports.ts';

export interface FleetObservation {
  /** Release id by target id, for targets that run one. */
  readonly running: ReadonlyMap<string, string>;
  /** Indexes of targets whose release does not run properly. */
  readonly unhealthy: readonly number[];
}

/** Looks at every target of a plan before it starts. */
export async function observeFleet(ports: Ports, plan: Plan): Promise<FleetObservation> {
  const context = { signal: AbortSignal.timeout(plan.policy.timeoutsMs.observe) };
  const ids = plan.targets.map((target) => target.id);
  const instances = await ports.platform.inspect(plan.service, ids, context);
  const running = currentReleases(instances);
  const byKey = new Map(instances.map((instance) => [`${instance.target}\n${instance.release}`, instance]));
  const unhealthy: number[] = [];
  if (plan.policy.minAvailable > 0) {
    await Promise.all(
      plan.targets.map(async ({ id, from }, index) => {
        if (from === null) return;
        const instance = byKey.get(`${id}\n${from}`);
        if (!(await isHealthy(ports, instance, context.signal))) unhealthy.push(index);
      }),
    );
  }
  return { running, unhealthy: unhealthy.toSorted((a, b) => a - b) };
}

/** Which release each target runs. Where two run, it is the one that has run longest. */
export function currentReleases(instances: readonly Instance[]): Map<string, string> {
  const oldest = new Map<string, Instance>();
  for (const instance of instances) {
    const known = oldest.get(instance.target);
    if (known === undefined || (instance.startedAt ?? 0) < (known.startedAt ?? 0)) {
      oldest.set(instance.target, instance);
    }
  }
  return new Map([...oldest].map(([target, instance]) => [target, instance.release]));
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
