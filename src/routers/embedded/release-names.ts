import { createHash } from 'node:crypto';

const DIGEST_SUFFIX = /-[0-9a-f]{12}$/;

/** True when `name`, a release id or only a version, means the release. */
export function isRelease(releaseId: string, name: string): boolean {
  return releaseId === name || releaseId.replace(DIGEST_SUFFIX, '') === name;
}

/**
 * The name of a release in a cookie. It says nothing about the version to whoever reads it, and is the same
 * in every process, so that it outlives the router.
 */
export function releaseToken(releaseId: string): string {
  return createHash('sha256').update(releaseId).digest('base64url').slice(0, 16);
}
