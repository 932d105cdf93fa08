/** What a release shares with others, beside what it has of its own. */
import { OperationError } from '../../errors.ts';
import type { ReleaseManifest } from './release-manifest.ts';
import { sharedPath } from './scripts/stage.ts';

/** @throws OperationError when something is both */
export function assertNothingShared(manifest: ReleaseManifest, shared: readonly string[]): void {
  if (shared.length === 0) return;
  const paths = new Set([...manifest.lines.values()].map(({ path }) => path));
  const both = shared.find((entry) => paths.has(sharedPath(entry)));
  if (both === undefined) return;
  throw new OperationError(`${JSON.stringify(both)} is shared between releases, and is in the release too`, {
    retryable: false,
    remedy: 'Remove it from the folder, or list it under `ignore`.',
  });
}

/** What linking adds to a release: the link, or the first folder on the way to it that the release has not. */
export function topsOfShared(manifest: ReleaseManifest, shared: readonly string[]): string[] {
  const paths = new Set([...manifest.lines.values()].map(({ path }) => path));
  return shared.map((entry) => {
    const parts = sharedPath(entry).split('/');
    const ways = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return `./${ways.find((way) => !paths.has(way)) ?? sharedPath(entry)}`;
  });
}
