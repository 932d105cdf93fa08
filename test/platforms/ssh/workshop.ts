/** A place with the code of a service, from which releases for servers are made. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../../../src/domain/operation.ts';
import type { Release } from '../../../src/domain/release.ts';
import {
  makeSshRelease,
  type SshReleaseOptions,
  type SshRun,
} from '../../../src/platforms/ssh/ssh-release.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';
import { fill, type Tree } from '../process/folders.ts';

/** The context of an operation that nobody gives up. */
export function patient(): OperationContext {
  return { signal: new AbortController().signal };
}

/**
 * Starts `main.sh` of the release in a session of its own, and keeps its pid and its exit code. `start` ends when
 * that session has closed its output: it leads a group by then, which `stop` can kill. On a busy host what is killed
 * has its port for a moment more, so `stop` waits until it is gone.
 */
export const COMMANDS: SshRun = {
  kind: 'commands',
  start: [
    'sh',
    '-c',
    `: "$(setsid sh -c 'echo $$ >"$SLUICE_RUN/pid"; exec >&2; sh main.sh; echo $? >"$SLUICE_RUN/exit"' &)"`,
  ],
  stop: [
    'sh',
    '-c',
    `[ -e "$SLUICE_RUN/exit" ] || {
      read -r pid <"$SLUICE_RUN/pid"
      kill -KILL "-$pid" && echo 137 >"$SLUICE_RUN/exit"
      while cat /proc/[0-9]*/stat 2>/dev/null | grep -q ") [^ZX] [0-9]* $pid "; do sleep 0.05; done
    }`,
  ],
  status: ['sh', '-c', '[ ! -e "$SLUICE_RUN/exit" ] && kill -0 "$(cat "$SLUICE_RUN/pid")"'],
};

export const PRINTS = 'echo one; echo two; echo three; exec sleep 600';

export class Workshop implements AsyncDisposable {
  /** The service's code. */
  readonly app: string;
  readonly stateDir: string;
  protected readonly folder: TemporaryFolder;

  constructor(folder: TemporaryFolder) {
    this.folder = folder;
    this.app = join(folder.path, 'app');
    this.stateDir = join(folder.path, '.sluice');
  }

  /** The release that the code is now. */
  release(parts: Partial<SshReleaseOptions> = {}): Promise<Release> {
    const { app: folder, stateDir } = this;
    return makeSshRelease({ service: 'api', version: '1.0.0', folder, run: COMMANDS, stateDir, ...parts });
  }

  /** A release whose code is this program, in a folder of its own, with more files where they are given. */
  async program(source: string, parts: Partial<SshReleaseOptions> = {}, tree: Tree = {}): Promise<Release> {
    const folder = join(this.folder.path, `app-${parts.version ?? '1.0.0'}`);
    await fill(folder, tree);
    await writeFile(join(folder, 'main.sh'), source);
    return await this.release({ folder, ...parts });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}
