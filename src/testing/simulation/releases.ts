import { createHash } from 'node:crypto';
import { type Release, releaseId } from '../../domain/release.ts';

/** The service that simulations deploy. */
export const SERVICE = 'api';

/** The simulated release of a version. */
export function simulatedRelease(version: string): Release {
  const digest = createHash('sha256').update(version).digest('hex');
  return { id: releaseId(version, digest), service: SERVICE, version, digest, spec: {} };
}
