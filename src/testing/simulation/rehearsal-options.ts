import type { Capabilities } from '../../domain/plan.ts';
import type { CallFault, Sickness } from './faults.ts';
import type { RehearsedReleases } from './rehearsed-releases.ts';
import type { FleetOptions } from './simulated-fleet.ts';

/** A fault of calls, as a test writes it: the first call that fits is refused, unless said otherwise. */
export type RehearsedFault = Pick<CallFault, 'call'> &
  Partial<Omit<CallFault, 'call' | 'release'>> & {
    /** Default: of any version. */
    readonly version?: string;
  };

/** A sickness as a test writes it: at once, and for good, unless said otherwise. */
export type RehearsedSickness = Pick<Sickness, 'kind' | 'target'> &
  Partial<Pick<Sickness, 'afterMs' | 'forMs'>> & { readonly version: string };

export interface RehearsalOptions {
  /** How many: `t1`, `t2`, ... Default 4. */
  readonly targets?: number;
  /** The version that runs everywhere to begin with; `null`: nothing does. Default `1.0.0`. */
  readonly running?: string | null;
  /** What the platform and router can do. Default: everything. */
  readonly can?: Partial<Capabilities>;
  /** How long an instance takes until it is healthy, in milliseconds. Default 500. */
  readonly startUpMs?: number;
  readonly faults?: readonly RehearsedFault[];
  readonly sicknesses?: readonly RehearsedSickness[];
}

/** What runs on a target. */
export interface RunningInstance {
  readonly target: string;
  readonly version: string;
  readonly state: 'running' | 'exited';
  /** Requests go to it. */
  readonly traffic: boolean;
}

export function rehearsedCapabilities({ can }: RehearsalOptions): Capabilities {
  return { beside: true, routed: true, staged: true, probed: true, checked: true, ...can };
}

export function rehearsedTargets(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `t${index + 1}`);
}

export function fleetOptions(options: RehearsalOptions, releases: RehearsedReleases): FleetOptions {
  const { targets = 4, running = '1.0.0', startUpMs = 500, faults = [], sicknesses = [] } = options;
  const from = running === null ? null : releases.of(running).id;
  return {
    capabilities: rehearsedCapabilities(options),
    running: rehearsedTargets(targets).map((id) => ({ id, from })),
    startUpMs,
    calls: faults.map(
      ({ version, ...fault }): CallFault => ({
        kind: 'fails',
        target: null,
        after: 0,
        times: 1,
        ...fault,
        release: version === undefined ? null : releases.of(version).id,
      }),
    ),
    sicknesses: sicknesses.map(
      ({ version, ...sickness }): Sickness => ({
        afterMs: 0,
        forMs: null,
        ...sickness,
        release: releases.of(version).id,
      }),
    ),
  };
}
