/** An ssh platform on local shells, with a folder for the service's code. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../../../src/domain/operation.ts';
import type { Release } from '../../../src/domain/release.ts';
import { SshPlatform, type SshPlatformOptions } from '../../../src/platforms/ssh/ssh-platform.ts';
import {
  makeSshRelease,
  type SshReleaseOptions,
  type SshRun,
} from '../../../src/platforms/ssh/ssh-release.ts';
import { LocalShells } from '../../support/local-shells.ts';
import { RecordedShells } from '../../support/recorded-shells.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { fill, type Tree } from '../process/folders.ts';

/** The context of an operation that nobody gives up. */
export function patient(): OperationContext {
  return { signal: new AbortController().signal };
}

/**
 * Starts `main.sh` of the release in a session of its own, and keeps its pid and its exit code. `start` ends when
 * that session has closed its output: it leads a group by then, which `stop` can kill.
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
    `[ -e "$SLUICE_RUN/exit" ] || { kill -KILL "-$(cat "$SLUICE_RUN/pid")" && echo 137 >"$SLUICE_RUN/exit"; }`,
  ],
  status: ['sh', '-c', '[ ! -e "$SLUICE_RUN/exit" ] && kill -0 "$(cat "$SLUICE_RUN/pid")"'],
};

export const PRINTS = 'echo one; echo two; echo three; exec sleep 600';

export class Yard implements AsyncDisposable {
  readonly hosts: LocalShells;
  /** Those of the hosts, with a record. */
  readonly shells: RecordedShells;
  readonly platform: SshPlatform;
  /** The service's code. */
  readonly app: string;
  readonly stateDir: string;
  readonly #folder: TemporaryFolder;

  constructor(folder: TemporaryFolder, options: YardOptions) {
    const { sh, ...rest } = options;
    this.#folder = folder;
    this.app = join(folder.path, 'app');
    this.stateDir = join(folder.path, '.sluice');
    this.hosts = new LocalShells({ folder: join(folder.path, 'hosts'), ...(sh === undefined ? {} : { sh }) });
    this.shells = new RecordedShells(this.hosts);
    this.platform = this.another(rest);
  }

  static async open(tree: Tree = {}, options: YardOptions = {}): Promise<Yard> {
    const yard = new Yard(await temporaryFolder(), options);
    await fill(yard.app, tree);
    return yard;
  }

  /** Another platform on the same hosts: another controller. */
  another(options: Partial<SshPlatformOptions> = {}): SshPlatform {
    return new SshPlatform({ shells: this.shells, stateDir: this.stateDir, ...options });
  }

  /** The release that the code is now. */
  release(parts: Partial<SshReleaseOptions> = {}): Promise<Release> {
    const { app: folder, stateDir } = this;
    return makeSshRelease({ service: 'api', version: '1.0.0', folder, run: COMMANDS, stateDir, ...parts });
  }

  /** A release whose code is this program, in a folder of its own. */
  async program(source: string, parts: Partial<SshReleaseOptions> = {}): Promise<Release> {
    const folder = join(this.#folder.path, `app-${parts.version ?? '1.0.0'}`);
    await fill(folder, {});
    await writeFile(join(folder, 'main.sh'), source);
    return await this.release({ folder, ...parts });
  }

  /** A path in the service's folder on the host. */
  path(host: string, ...parts: string[]): string {
    return join(this.hosts.home(host), 'apps/api', ...parts);
  }

  async releases(host: string): Promise<string[]> {
    return (await readdir(this.path(host, 'releases'))).toSorted();
  }

  async deploy(host: string, release: Release): Promise<void> {
    await this.platform.stage(host, release, patient());
    await this.platform.activate(host, release, patient());
  }

  /** Stops everything that runs on these hosts. */
  async stopAll(...hosts: string[]): Promise<void> {
    for (const { target, release } of await this.platform.inspect('api', hosts, patient())) {
      const known = { id: release, service: 'api', version: '', digest: '', spec: {} };
      await this.platform.stop(target, known, patient());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shells.alter = null;
    const hosts = (await readdir(join(this.#folder.path, 'hosts'))).filter((name) => name !== '.bin');
    await this.stopAll(...hosts.map(decodeURIComponent));
    await this.platform[Symbol.asyncDispose]();
    await this.shells.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}

export interface YardOptions extends Partial<SshPlatformOptions> {
  /** The program that is `sh` on the hosts: absolute. Default: this machine's. */
  readonly sh?: string;
}
