/** The ssh platform on a fleet of real servers, and what is really on them, seen past ssh. */
import { SshPlatform } from '../../../src/platforms/ssh/ssh-platform.ts';
import type { SshPlatformOptions } from '../../../src/platforms/ssh/ssh-platform-options.ts';
import { SshShells, type SshShellsOptions } from '../../../src/platforms/ssh/ssh-shells.ts';
import { RecordedShells } from '../../support/recorded-shells.ts';
import type { SshFleet } from '../../support/ssh-fleet.ts';
import type { FleetHost } from '../../support/ssh-fleet-host.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { Workshop } from './workshop.ts';

/** What is on a host; releases by their versions. */
export interface OnHost {
  /** Where `current` points; `null` when it is not there. */
  readonly current: string | null;
  /** Of the processes that work in the folder of a release. */
  readonly runs: readonly string[];
  readonly releases: readonly string[];
  /** Entries in the folder of what is on its way. */
  readonly incoming: number;
}

export interface FleetYardOptions {
  readonly shells?: SshShellsOptions;
  readonly platform?: Partial<SshPlatformOptions>;
}

/** What a host that hangs is noticed by, in seconds; short, so that tests are. */
export const WATCHFUL: SshShellsOptions = { aliveIntervalSeconds: 1, connectTimeoutSeconds: 2 };

export class FleetYard extends Workshop {
  readonly fleet: SshFleet;
  readonly shells: RecordedShells;
  readonly platform: SshPlatform;
  /** Of the platform, on each host: absolute. */
  readonly root: string;

  constructor(folder: TemporaryFolder, fleet: SshFleet, { shells, platform }: FleetYardOptions) {
    super(folder);
    this.fleet = fleet;
    this.root = `/home/deploy/${platform?.root ?? 'apps'}`;
    if (platform?.root?.startsWith('/') === true) this.root = platform.root;
    this.shells = new RecordedShells(new SshShells({ configFile: fleet.configFile, ...shells }));
    this.platform = new SshPlatform({ shells: this.shells, stateDir: this.stateDir, ...platform });
  }

  static async open(fleet: SshFleet, options: FleetYardOptions = {}): Promise<FleetYard> {
    return new FleetYard(await temporaryFolder(), fleet, options);
  }

  /** What is on the host, as its own root sees it. */
  async on(host: FleetHost): Promise<OnHost> {
    const words = (await host.exec(['/bin/sh', '-c', LOOK, 'look', `${this.root}/api`])).split('\n');
    const of = (key: string) =>
      words
        .filter((line) => line.startsWith(`${key} `))
        .map((line) => versionOf(line.slice(key.length + 1)))
        .toSorted();
    return {
      current: of('current')[0] ?? null,
      runs: [...new Set(of('runs'))],
      releases: of('release'),
      incoming: of('incoming').length,
    };
  }

  /** What is on each host that is up, by its name. */
  async onAll(hosts: readonly FleetHost[] = this.fleet.hosts): Promise<Record<string, OnHost>> {
    const seen = await Promise.all(hosts.map(async (host) => [host.name, await this.on(host)] as const));
    return Object.fromEntries(seen);
  }

  /** Kills what runs on the hosts, and deletes everything. */
  async clear(hosts: readonly FleetHost[] = this.fleet.hosts): Promise<void> {
    await Promise.all(hosts.map((host) => host.exec(['/bin/sh', '-c', CLEAR, 'clear', `${this.root}/api`])));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.platform[Symbol.asyncDispose]();
    await this.shells.close();
    await super[Symbol.asyncDispose]();
  }
}

const LOOK = `cd "$1" 2>/dev/null || exit 0
[ ! -L current ] || echo "current $(readlink current)"
for release in releases/*/; do [ ! -d "$release" ] || echo "release $release"; done
for incoming in .sluice/incoming/*; do [ ! -e "$incoming" ] || echo "incoming $incoming"; done
for process in /proc/[0-9]*; do
  case $(readlink "$process/cwd") in */releases/*) echo "runs $(readlink "$process/cwd")" ;; esac
done`;

const CLEAR = `for process in /proc/[0-9]*; do
  case $(readlink "$process/cwd") in */releases/*) kill -KILL "\${process#/proc/}" ;; esac
done
rm -rf "$1"`;

/** `releases/1.0.0-3f9a0c1b2d4e/www` is of 1.0.0. */
function versionOf(path: string): string {
  const [, name = path] = /releases\/([^/]+)/.exec(path) ?? [];
  return name.slice(0, name.lastIndexOf('-'));
}
