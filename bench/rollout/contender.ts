/** What is measured: `examples/hello` in four instances, and somebody who can change its release. */
import type { HelloVersion } from '../../test/e2e/hello-project.ts';

export const INSTANCES = 4;

export interface Change {
  readonly exitCode: number | null;
  readonly ms: number;
  /** What was printed, both streams. */
  readonly printed: string;
}

export interface Contender extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  upgrade(version: HelloVersion): Promise<Change>;
  /** To the release before the one that runs, which is `version`. */
  goBack(version: HelloVersion): Promise<Change>;
}

/** Which version answers; `null` when none does. */
export async function versionAt(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(2_000),
    });
    return ((await response.json()) as { version: string }).version;
  } catch {
    return null;
  }
}
