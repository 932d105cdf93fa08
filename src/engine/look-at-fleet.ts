import { UnreachableError } from '../errors.ts';
import type { Instance, LookContext, Platform } from '../platforms/platform.ts';

/** What a look at several targets has found. */
export interface Sight {
  readonly instances: readonly Instance[];
  /** Targets that could not be looked at, and why. */
  readonly unreachable: ReadonlyMap<string, Error>;
}

/** Looks at targets. Those that cannot be reached hide nothing of the others. */
export async function lookAtFleet(
  platform: Platform,
  service: string,
  targets: readonly string[],
  context: LookContext,
): Promise<Sight> {
  const { seen, unreachable } = await reachable(() => platform.inspect(service, targets, context));
  return { instances: seen, unreachable };
}

/** What a look has found on the targets that can be reached, and which cannot. */
export async function reachable<Seen>(
  look: () => Promise<readonly Seen[]>,
): Promise<{ readonly seen: readonly Seen[]; readonly unreachable: ReadonlyMap<string, Error> }> {
  try {
    return { seen: await look(), unreachable: new Map() };
  } catch (error) {
    if (!(error instanceof UnreachableError) || error.unreachable.size === 0) throw error;
    return { seen: error.seen as readonly Seen[], unreachable: error.unreachable };
  }
}
