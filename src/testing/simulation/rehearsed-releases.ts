import type { Release } from '../../domain/release.ts';
import { simulatedRelease } from './releases.ts';

/** The releases of a rehearsal: a version is always the same release. */
export class RehearsedReleases {
  readonly #byId = new Map<string, Release>();

  of(version: string): Release {
    const release = simulatedRelease(version);
    this.#byId.set(release.id, release);
    return release;
  }

  versionOf(id: string): string {
    return this.#byId.get(id)?.version ?? id;
  }

  get all(): Readonly<Record<string, Release>> {
    return Object.fromEntries(this.#byId);
  }
}
