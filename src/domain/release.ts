import type { Json } from './json.ts';

/**
 * One immutable version of a service. `id` is `<version>-<first 12 hex digits of digest>`; it names the
 * release in plans, routers and on targets, so that a rebuilt "1.0.0" is never taken for the old one.
 */
export interface Release {
  readonly id: string;
  readonly service: string;
  readonly version: string;
  /** SHA-256, hex, of the artifact and of the config snapshot. */
  readonly digest: string;
  /** What the platform needs to run it (a folder and a command, an image): the config snapshot. No secrets. */
  readonly spec: { readonly [key: string]: Json };
}

export function releaseId(version: string, digest: string): string {
  return `${version}-${digest.slice(0, 12)}`;
}
