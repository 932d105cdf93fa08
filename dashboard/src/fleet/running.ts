/** What runs of a service, counted: versions with how many targets serve each, and how many are well. Pure. */
import type { InstanceStatus, ServiceStatus } from '../../../src/project/service-status.ts';

export interface RunningVersion {
  readonly version: string;
  readonly instances: number;
  /** Of the traffic; `null` where nobody knows. */
  readonly percent: number | null;
}

export interface Running {
  /** The one that most run first. */
  readonly versions: readonly RunningVersion[];
  readonly healthy: number;
  readonly unhealthy: number;
  /** Instances without a check. */
  readonly unchecked: number;
  readonly unreachable: number;
}

export function runningOf({ instances, split, unreachable }: ServiceStatus): Running {
  const byRelease = new Map<string, InstanceStatus[]>();
  for (const one of instances) byRelease.set(one.release, [...(byRelease.get(one.release) ?? []), one]);
  const versions = [...byRelease].map(([release, members]) => ({
    version: members[0]?.version ?? release,
    instances: members.length,
    percent: percentOf(release, split, byRelease.size),
  }));
  return {
    versions: versions.toSorted((a, b) => b.instances - a.instances),
    healthy: instances.filter(({ health, state }) => state === 'running' && health === 'healthy').length,
    unhealthy: instances.filter(isUnhealthy).length,
    unchecked: instances.filter(({ health, state }) => state === 'running' && health === 'unknown').length,
    unreachable: Object.keys(unreachable).length,
  };
}

function isUnhealthy({ health, state }: InstanceStatus): boolean {
  return health === 'unhealthy' || state !== 'running';
}

/** Of three releases at once the rest of a split is not known one by one. */
function percentOf(release: string, split: ServiceStatus['split'], releases: number): number | null {
  if (split === null || releases > 2) return null;
  return release === split.release ? split.percent : 100 - split.percent;
}
