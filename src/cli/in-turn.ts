/**
 * One at a time: whoever wants to act on a service waits for its lease where waiting makes sense. That of a
 * controller that was killed runs out in a few seconds; that of one that lives is waited for with `--wait`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseHeldError } from '../errors.ts';
import type { Lease } from '../journal/journal.ts';
import { leaseHeld } from '../journal/refusals.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';
import { isHolderGone } from './holder.ts';

const LOOK_AGAIN_MS = 250;

/**
 * Acts once the lease is free. What depends on the fleet, such as a plan, belongs into `act`: it is called
 * anew when somebody else was quicker, and what they did is then seen.
 * @throws LeaseHeldError when another controller has the lease and is not to be waited for
 */
export async function inTurn<T>(
  context: CommandContext,
  deployer: ServiceDeployer,
  act: () => Promise<T>,
): Promise<T> {
  for (;;) {
    await untilFree(context, deployer);
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof LeaseHeldError) || !isWorthWaiting(context, error.holder)) throw error;
    }
  }
}

async function untilFree(context: CommandContext, { key }: ServiceDeployer): Promise<void> {
  const { journal } = await context.project();
  let said: string | null = null;
  for (;;) {
    const lease = await journal.lease(key);
    if (lease === null || lease.expiresAt <= Date.now()) return;
    if (!isWorthWaiting(context, lease.holder)) throw leaseHeld(lease);
    const line = whatFor(lease);
    if (line !== said) context.terminal.remark(line);
    said = line;
    await sleep(LOOK_AGAIN_MS);
  }
}

function isWorthWaiting({ options }: CommandContext, holder: string): boolean {
  return options.wait === true || isHolderGone(holder);
}

function whatFor({ holder, doing }: Lease): string {
  return isHolderGone(holder)
    ? `The controller ${holder} is gone; its lease runs out in a few seconds.`
    : `Waiting for ${holder}, ${doing}.`;
}
