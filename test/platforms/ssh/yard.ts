/** An ssh platform on local shells, with a folder for the service's code. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Release } from '../../../src/domain/release.ts';
import { SshPlatform } from '../../../src/platforms/ssh/ssh-platform.ts';
import type { SshPlatformOptions } from '../../../src/platforms/ssh/ssh-platform-options.ts';
import { LocalShells } from '../../support/local-shells.ts';
import { RecordedShells } from '../../support/recorded-shells.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { fill, type Tree } from '../process/folders.ts';
import { patient, Workshop } from './workshop.ts';

export class Yard extends Workshop {
  readonly hosts: LocalShells;
  /** Those of the hosts, with a record. */
  readonly shells: RecordedShells;
  readonly platform: SshPlatform;

  constructor(folder: TemporaryFolder, options: YardOptions) {
    const { sh, ...rest } = options;
    super(folder);
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

  override async [Symbol.asyncDispose](): Promise<void> {
    this.shells.alter = null;
    const hosts = (await readdir(join(this.folder.path, 'hosts'))).filter((name) => name !== '.bin');
    await this.stopAll(...hosts.map(decodeURIComponent));
    await this.platform[Symbol.asyncDispose]();
    await this.shells.close();
    await super[Symbol.asyncDispose]();
  }
}

export interface YardOptions extends Partial<SshPlatformOptions> {
  /** The program that is `sh` on the hosts: absolute. Default: this machine's. */
  readonly sh?: string;
}
