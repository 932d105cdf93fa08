/**
 * One at a time: whoever wants to act on a service waits for its lease with `--wait`. That
 * of a controller that is known to be gone is not in the way.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { holderInWords } from '../domain/holder.ts';
import { LeaseHeldError } from '../errors.ts';
import { leaseHeld } from '../journal/refusals.ts';
import { isHolderGone } from '../project/holder.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';

const LOOK_AGAIN_MS = 250;

/**
 * Acts once the lease is free. What depends on the fleet, such as a plan, belongs into `act`: it is called
 * anew when somebody else was quicker, and what they did is then seen.
 * @throws LeaseHeldError when another controller has the lease and is not to be waited for
 */
export async function inTurn<T>(
  context: CommandContext,
  deployer: Pick<ServiceDeployer, 'key'>,
  act: () => Promise<T>,
): Promise<T> {
  for (;;) {
    await untilFree(context, deployer);
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof LeaseHeldError) || context.options.wait !== true) throw error;
    }
  }
}

async function untilFree(context: CommandContext, { key }: Pick<ServiceDeployer, 'key'>): Promise<void> {
  const { journal } = await context.project();
  let said: string | null = null;
  for (;;) {
    const lease = await journal.lease(key);
    if (lease === null || lease.expiresAt <= Date.now() || isHolderGone(lease.holder)) return;
    if (context.options.wait !== true) throw leaseHeld(lease);
    const line = `Waiting for ${holderInWords(lease.holder)}, ${lease.doing}.`;
    if (line !== said) context.terminal.remark(line);
    said = line;
    await sleep(LOOK_AGAIN_MS);
  }
}
