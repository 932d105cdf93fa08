/** A fleet to deploy to: its hosts by address, its ssh config, a git server beside it, and how it is emptied again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SshFleet, startSshFleet } from '../../test/support/ssh-fleet.ts';
import { command } from '../../test/support/system-command.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Stage } from './contenders.ts';
import type { CpuGroup } from './measure.ts';
import type { ReleaseFolders } from './release-files.ts';

const GIT_PORT = 9418;
const GIT_DAEMON = '/usr/lib/git-core/git-daemon';
const USER = 'deploy';
/** Of memory: fifty hosts on one disk would measure that. */
const DISK_MB = 256;

export class Yard implements AsyncDisposable {
  readonly stage: Stage;
  readonly #fleet: SshFleet;
  readonly #bridge: string;
  readonly #gitServer: ChildProcess;

  private constructor(fleet: SshFleet, stage: Stage, gitServer: ChildProcess) {
    this.#fleet = fleet;
    this.stage = stage;
    this.#gitServer = gitServer;
    this.#bridge = `slu${fleet.folder.slice(fleet.folder.lastIndexOf('/') + 1)}`;
  }

  /**
   * @param folder for what belongs to this yard; @param git with the repository; @param releases with both versions
   * @param group of the hosts' processes
   */
  static async open(
    hosts: number,
    folder: string,
    git: string,
    releases: string,
    group: CpuGroup,
  ): Promise<Yard> {
    const fleet = await startSshFleet({ hosts, diskMb: DISK_MB });
    for (const pid of await pidsOf(fleet)) group.add(pid);
    const sshConfig = join(folder, 'ssh_config');
    const hostsFile = join(folder, 'hosts');
    const addresses = fleet.hosts.map(({ address }) => address);
    await writeFile(hostsFile, addresses.map((address) => `${address}\n`).join(''));
    await writeFile(sshConfig, configOf(fleet, '10.*'));
    const gateway = addresses[0]?.replace(/\d+$/, '1') ?? '';
    const work = join(folder, 'work');
    const gitUrl = `git://${gateway}/app.git`;
    const stage = { hostsFile, sshConfig, releases, work, gitUrl };
    return new Yard(fleet, stage, await serveGit(git, gateway));
  }

  get first(): string {
    return this.#fleet.hosts[0]?.address ?? '';
  }

  /** From now on the one host is deployed to at this address, at which something carries on to it. */
  async reachThrough(address: string): Promise<void> {
    const alias = `  HostKeyAlias ${this.first}\n`;
    await writeFile(this.stage.hostsFile, `${address}\n`);
    await writeFile(this.stage.sshConfig, configOf(this.#fleet, address) + alias);
  }

  /** Both ways, all that goes over the bridge between this machine and the hosts. */
  wireBytes(): number {
    const counters = join('/sys/class/net', this.#bridge, 'statistics');
    return ['rx_bytes', 'tx_bytes']
      .map((name) => Number(readFileSync(join(counters, name), 'utf8')))
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Every host serves this version; throws where one does not. */
  async assertServes(version: string): Promise<void> {
    await Promise.all(
      this.#fleet.hosts.map(async ({ address }) => {
        // None of the others waits until the service answers.
        await waitFor(`${address} to serve ${version}`, async () => {
          const answer = await fetch(`http://${address}:8080/version.txt`);
          return (await answer.text()).trim() === version;
        });
      }),
    );
  }

  /** Nothing is left of whoever deployed here, on the hosts and on this machine. */
  async clear(): Promise<void> {
    const ended =
      'cd /proc; for p in [0-9]*; do case $(cat $p/comm 2>/dev/null) in busybox) kill -KILL $p;; esac; done';
    await Promise.all(
      this.#fleet.hosts.map(async (host) => {
        await host.exec(['sh', '-c', `${ended}; rm -rf /srv/* /home/${USER}/* /home/${USER}/.[a-z]* /tmp/*`]);
      }),
    );
    await rm(this.stage.work, { recursive: true, force: true });
    await mkdir(this.stage.work, { recursive: true });
    await command(['sync']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gitServer.kill('SIGKILL');
    await this.#fleet[Symbol.asyncDispose]();
  }
}

/** A repository with both versions, as branches. */
export async function makeRepository(folder: string, { v1, v2 }: ReleaseFolders): Promise<void> {
  const repository = join(folder, 'git', 'app.git');
  const git = (...args: string[]) => command(['git', '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
  await git('init', '-q', '--bare', '-b', 'v1', repository);
  for (const [branch, tree] of [
    ['v1', v1],
    ['v2', v2],
  ] as const) {
    const inTree = ['--git-dir', repository, '--work-tree', tree];
    await git('--git-dir', repository, 'symbolic-ref', 'HEAD', `refs/heads/${branch}`);
    if (branch === 'v2') await git('--git-dir', repository, 'update-ref', 'refs/heads/v2', 'refs/heads/v1');
    await git(...inTree, 'add', '-A');
    await git(...inTree, 'commit', '-q', '-m', branch);
  }
  await git('--git-dir', repository, 'repack', '-q', '-a', '-d', '-b');
  await writeFile(join(repository, 'git-daemon-export-ok'), '');
}

async function serveGit(folder: string, address: string): Promise<ChildProcess> {
  const args = [`--listen=${address}`, `--port=${GIT_PORT}`, '--max-connections=64', '--reuseaddr'];
  const server = spawn(GIT_DAEMON, [...args, `--base-path=${folder}`], { stdio: 'ignore' });
  await once(server, 'spawn');
  return server;
}

function configOf(fleet: SshFleet, pattern: string): string {
  return `Host ${pattern}
  User ${USER}
  IdentityFile ${fleet.keyFile}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${fleet.knownHostsFile}
  GlobalKnownHostsFile /dev/null
`;
}

/** Of the hosts, as this machine counts. */
async function pidsOf(fleet: SshFleet): Promise<number[]> {
  const all = await Promise.all(fleet.hosts.map((host) => host.processes()));
  return all.flat().map(({ pid }) => pid);
}
