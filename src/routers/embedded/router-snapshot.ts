import { InvalidInputError } from '../../errors.ts';
import type { Backend, Split } from '../router.ts';
import type { ServiceRoute } from './service-route.ts';

/** Everything that a router needs to go on in another process. Plain JSON. */
export interface RouterSnapshot {
  readonly version: 1;
  readonly services: readonly ServiceSnapshot[];
}

export interface ServiceSnapshot {
  readonly service: string;
  /** With the real port in place of 0; `null` for a service that was never configured. */
  readonly route: ServiceRoute | null;
  /** Without those that were being drained. */
  readonly backends: readonly Backend[];
  readonly split: Split | null;
}

/** @throws InvalidInputError when it is not a snapshot of a version that is understood */
export function assertSnapshot(snapshot: RouterSnapshot): void {
  if (snapshot?.version === 1 && Array.isArray(snapshot.services)) return;
  throw new InvalidInputError('This is not a snapshot of the router that this Sluice understands', {
    remedy: 'Start the router without it; the next deployment configures its services again.',
  });
}
