/** The ssh platform on a server that systemd has booted, in either of the scopes that a unit may have. */
import type { Instance } from '../../../src/platforms/platform.ts';
import type { SshPlatformOptions } from '../../../src/platforms/ssh/ssh-platform-options.ts';
import type { SshReleaseOptions, SshRun } from '../../../src/platforms/ssh/ssh-release.ts';
import type { SshFleet } from '../../support/ssh-fleet.ts';
import type { FleetHost } from '../../support/ssh-fleet-host.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { FleetYard, WATCHFUL } from './fleet-yard.ts';
import { patient } from './workshop.ts';

export interface Scope {
  readonly scope: 'system' | 'user';
  /** Who runs the service. */
  readonly user: 'deploy';
  /** Who logs in, and has what is on the host. */
  readonly login: 'root' | 'deploy';
  readonly root: string;
  readonly units: string;
}

/** The roots are hostile: a unit has words, globs, and signs of its own. */
export const SCOPES: readonly Scope[] = [
  {
    scope: 'system',
    user: 'deploy',
    login: 'root',
    root: '/srv/100% [a-c]* $HOME {é}',
    units: '/etc/systemd/system',
  },
  {
    scope: 'user',
    user: 'deploy',
    login: 'deploy',
    root: '%h my #apps? [it]',
    units: '/home/deploy/.config/systemd/user',
  },
];

/** A program that says when it begins and ends, which it does when it is asked to. */
export const SERVES = `trap 'echo "$SLUICE_VERSION ends"; exit 0' TERM
echo "$SLUICE_VERSION begins on \${PORT:-no port}"
sleep 600 & wait`;

const MANAGER = [
  'runuser',
  '-u',
  'deploy',
  '--',
  'env',
  'XDG_RUNTIME_DIR=/run/user/1900',
  'systemctl',
  '--user',
];

export class SystemdYard extends FleetYard {
  readonly where: Scope;
  readonly host: FleetHost;

  constructor(
    folder: ConstructorParameters<typeof FleetYard>[0],
    fleet: SshFleet,
    where: Scope,
    platform: Partial<SshPlatformOptions>,
  ) {
    super(folder, fleet, { shells: WATCHFUL, platform: { ...placeOf(where), ...platform } });
    this.where = where;
    this.host = fleet.hosts[0]!;
  }

  static async of(fleet: SshFleet, where: Scope, platform: Partial<SshPlatformOptions> = {}) {
    return new SystemdYard(await temporaryFolder(), fleet, where, platform);
  }

  /** The program as a unit. */
  unit(source: string, parts: Partial<SshReleaseOptions> & { readonly words?: readonly string[] } = {}) {
    const { words = [], ...rest } = parts;
    return this.program(source, { run: runOf(this.where, ['sh', 'main.sh', ...words]), ...rest });
  }

  /** Puts a program there, and starts it. */
  async runs(...given: Parameters<SystemdYard['unit']>) {
    const release = await this.unit(...given);
    await this.platform.stage('h001', release, patient());
    await this.platform.activate('h001', release, patient());
    return release;
  }

  async instances(): Promise<Instance[]> {
    return await this.platform.inspect('api', ['h001'], patient());
  }

  /** Of its manager, past ssh. */
  async systemctl(...argv: string[]): Promise<string> {
    const manager = this.where.scope === 'user' ? MANAGER : ['systemctl'];
    return (await this.host.exec([...manager, ...argv])).trim();
  }

  /** What a command of sh prints on the host, in the folder of the service. */
  async sh(script: string): Promise<string> {
    return await this.host.exec(['/bin/sh', '-c', `cd "$1" && ${script}`, 'sh', `${this.root}/api`]);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    const hosts = this.fleet.hosts.map(({ name }) => name);
    for (const { target, release } of await this.platform.inspect('api', hosts, patient())) {
      const known = { id: release, service: 'api', version: '', digest: '', spec: {} };
      await this.platform.stop(target, known, patient());
    }
    await this.clear();
    await super[Symbol.asyncDispose]();
  }
}

export function placeOf({ login, root }: Scope): Partial<SshPlatformOptions> {
  return { root, hostOf: (target) => `${login}@${target}` };
}

export function runOf({ scope, user }: Scope, command: readonly string[]): SshRun {
  return { kind: 'systemd', command: [...command], scope, ...(scope === 'system' ? { user } : {}) };
}
