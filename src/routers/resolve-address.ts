import { lookup } from 'node:dns/promises';
import type { Address } from '../domain/target.ts';
import { messageOf, OperationError } from '../errors.ts';

/**
 * The address with a name looked up, for load balancers that take, or should be given, IP addresses only.
 * @throws OperationError when the name has no address
 */
export async function resolved({ host, port }: Address): Promise<Address> {
  try {
    return { host: (await lookup(host)).address, port };
  } catch (error) {
    throw new OperationError(`There is no address for host ${host}: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Give the target an IP address, or a name that this machine can look up.',
    });
  }
}
