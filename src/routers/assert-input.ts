import { InvalidInputError } from '../errors.ts';
import type { Backend, Split } from './router.ts';

/** A name or an IP address. */
const HOST = /^[A-Za-z0-9._:-]+$/;

/** @throws InvalidInputError unless something could listen at the backend's address */
export function assertBackend({ target, address: { host, port } }: Backend): void {
  if (HOST.test(host) && Number.isInteger(port) && port >= 1 && port <= 65_535) return;
  throw new InvalidInputError(
    `${JSON.stringify(`${host}:${port}`)} cannot be the address of target ${target}`,
    {
      remedy: 'Give a host and a port from 1 to 65535.',
    },
  );
}

/** @throws InvalidInputError unless the share is 0 to 100 percent */
export function assertSplit(split: Split | null): void {
  if (split === null || (split.percent >= 0 && split.percent <= 100)) return;
  throw new InvalidInputError(
    `Release ${split.release} cannot get ${split.percent} percent of the requests`,
    {
      remedy: 'Give a number from 0 to 100.',
    },
  );
}
