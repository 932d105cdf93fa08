import type { OperationContext } from '../domain/operation.ts';
import { UnreachableError } from '../errors.ts';
import type { Instance, Platform } from '../platforms/platform.ts';

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
  context: OperationContext,
): Promise<Sight> {
  try {
    return { instances: await platform.inspect(service, targets, context), unreachable: new Map() };
  } catch (error) {
    if (!(error instanceof UnreachableError) || error.unreachable.size === 0) throw error;
    return { instances: error.seen as readonly Instance[], unreachable: error.unreachable };
  }
}
