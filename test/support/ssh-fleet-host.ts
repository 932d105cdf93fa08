/** One server of the test fleet. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressIn, kill, namespaceOf, networkOf, processesIn, type Slot } from './ssh-fleet-slot.ts';
import { command } from './system-command.ts';
import { waitFor } from './wait-for.ts';

export interface HostOptions {
  /** Time that a packet needs to a host and back, in milliseconds. Default 0. */
  readonly rttMs?: number;
  /** What a host's line carries, each way, in megabits a second. Default unlimited. */
  readonly rateMbit?: number;
  /** Gives each host a disk of its own of this size at `/srv`. Default: the disk of this machine. */
  readonly diskMb?: number;
  /**
   * Each host boots systemd, with sshd as a service of it, and an `/etc`, `/var` and `/root` of its own. Needs
   * `requiresSystemdHost`; goes with neither `diskMb` nor a `/bin/sh` of its own. Default no.
   */
  readonly systemd?: boolean;
}

export interface HostShell {
  /** Of the account that deploys. */
  readonly login: string;
  /** What `/bin/sh` is. Default: what it is on this machine. */
  readonly sh?: string;
}

export interface HostProcess {
  /** As this machine counts, not the host. */
  readonly pid: number;
  readonly argv: readonly string[];
}

export interface FleetHost {
  readonly name: string;
  readonly address: string;
  /** The host's own `home/`, `srv/`, `tmp/`, `run/` and `etc-ssh/`, as seen from here; `srv/` not with `diskMb`. */
  readonly folder: string;
  /** Runs a program on the host as root, past ssh; returns what it printed. */
  exec(argv: readonly string[]): Promise<string>;
  processes(): Promise<HostProcess[]>;
  /** Kills sshd with all its sessions; what they started goes on. */
  killSshd(): Promise<void>;
  startSshd(): Promise<void>;
  /** Pulls the plug: every process is gone at once, without a word on the wire. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** The cable out and in again: nothing is closed. */
  unplug(): Promise<void>;
  /** What the line carries from now on, each way, in megabits a second. */
  slowDown(rateMbit: number): Promise<void>;
  plugIn(): Promise<void>;
}

const FOLDERS = ['etc-ssh', 'home/deploy', 'srv', 'run/sshd', 'tmp', 'var/tmp'];
const FIRST_PROCESS = join(import.meta.dirname, 'ssh-fleet-host.sh');
const BOOT = join(import.meta.dirname, 'systemd-host.sh');
const SYSTEMD = '/lib/systemd/systemd';
const SYSTEMD_FOLDERS = ['root', 'tree', 'var'];

export class Host implements FleetHost {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly namespace: string;
  readonly link: string;
  readonly keyFile: string;
  readonly #slot: Slot;
  readonly loginShell: string;
  readonly #sh: string | undefined;
  readonly #options: HostOptions;

  constructor(slot: Slot, index: number, options: HostOptions & { readonly shells?: readonly HostShell[] }) {
    const { shells = [] } = options;
    const shell = shells[index % shells.length];
    this.loginShell = shell?.login ?? '/bin/bash';
    this.#sh = shell?.sh;
    this.#slot = slot;
    this.#options = options;
    this.name = `h${String(index + 1).padStart(3, '0')}`;
    this.address = addressIn(slot.number, index + 2);
    this.folder = join(slot.folder, this.name);
    this.namespace = `${slot.prefix}-${this.name}`;
    this.link = `${slot.prefix}${this.name}`;
    this.keyFile = join(this.folder, 'etc-ssh', 'ssh_host_ed25519_key');
  }

  async makeFolders(): Promise<void> {
    const more = this.#options.systemd === true ? SYSTEMD_FOLDERS : [];
    for (const folder of [...FOLDERS, ...more]) await mkdir(join(this.folder, folder), { recursive: true });
  }

  async configure(sshdConfig: string, clientKey: string, userId: number): Promise<void> {
    await writeFile(join(this.folder, 'etc-ssh', 'sshd_config'), sshdConfig);
    await writeFile(join(this.folder, 'etc-ssh', 'authorized_keys'), clientKey);
    for (const folder of ['home/deploy', 'srv', 'tmp', 'var/tmp']) {
      await chown(join(this.folder, folder), userId, userId);
    }
  }

  async start(): Promise<void> {
    const [program = '', ...args] = this.#options.systemd === true ? this.#boot() : this.#firstScript();
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    await once(child, 'spawn');
    child.unref();
    await waitFor(`sshd of ${this.name} to start`, async () => (await this.#sshd()).length > 0);
    await this.#shape(lineOf(this.#options));
  }

  #firstScript(): string[] {
    const enter = ['nsenter', `--net=/run/netns/${this.namespace}`];
    const isolate = ['unshare', '-m', '-p', '-u', '-i', '--fork', '--kill-child', '--propagation', 'private'];
    const first = [FIRST_PROCESS, this.name, this.folder, this.address, this.#slot.gateway];
    return [...enter, ...isolate, ...first, String(this.#options.diskMb ?? 0), this.#sh ?? ''];
  }

  #boot(): string[] {
    const host = [this.name, this.folder, this.address, this.#slot.gateway, this.namespace];
    return ['unshare', '-m', '--propagation', 'private', BOOT, ...host];
  }

  async stop(): Promise<void> {
    const pids = await processesIn('net', [await networkOf(this.namespace)]);
    for (const pid of pids) kill(pid);
    await waitFor(`${this.name} to stop`, async () => (await this.#pids()).length === 0);
  }

  async exec(argv: readonly string[]): Promise<string> {
    return await command(['nsenter', '-t', String(await this.#firstPid()), '-a', ...argv]);
  }

  async processes(): Promise<HostProcess[]> {
    const all = await Promise.all((await this.#pids()).map(processOf));
    return all.filter((one) => one !== null);
  }

  async killSshd(): Promise<void> {
    for (const { pid } of await this.#sshd()) kill(pid);
    await waitFor(`sshd of ${this.name} to end`, async () => (await this.#sshd()).length === 0);
  }

  async startSshd(): Promise<void> {
    const service = ['systemctl', 'start', 'sshd-of-fleet.service'];
    await this.exec(this.#options.systemd === true ? service : ['/usr/sbin/sshd', '-E', '/run/sshd.log']);
  }

  async unplug(): Promise<void> {
    await command(['ip', 'link', 'set', this.link, 'down']);
  }

  async plugIn(): Promise<void> {
    await command(['ip', 'link', 'set', this.link, 'up']);
  }

  async slowDown(rateMbit: number): Promise<void> {
    await this.#shape(lineOf({ rateMbit }));
  }

  async #shape(line: readonly string[] | null): Promise<void> {
    if (line === null) return;
    await command(['tc', 'qdisc', 'replace', 'dev', this.link, 'root', ...line]);
    await this.exec(['tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', ...line]);
  }

  async #sshd(): Promise<HostProcess[]> {
    return (await this.processes()).filter(({ argv }) => /^(\/usr\/sbin\/sshd$|sshd: )/.test(argv[0] ?? ''));
  }

  /** Of the host itself, without `unshare`, which waits outside of it. */
  async #pids(): Promise<number[]> {
    const here = namespaceOf(process.pid, 'pid');
    const pids = await processesIn('net', [await networkOf(this.namespace)]);
    return pids.filter((pid) => ![null, here].includes(namespaceOf(pid, 'pid')));
  }

  async #firstPid(): Promise<number> {
    const processes = await this.processes();
    const isFirst =
      this.#options.systemd === true
        ? ({ argv }: HostProcess) => argv[0] === SYSTEMD && argv.includes('--system')
        : ({ argv }: HostProcess) => argv.includes(FIRST_PROCESS);
    const first = processes.find(isFirst);
    if (first === undefined) throw new Error(`${this.name} does not run`);
    return first.pid;
  }
}

/** Of `tc`. A delay takes netem, which not every kernel has; then bringing the fleet up fails and says so. */
function lineOf({ rttMs, rateMbit }: HostOptions): readonly string[] | null {
  if (rttMs !== undefined) {
    const rate = rateMbit === undefined ? [] : ['rate', `${rateMbit}mbit`];
    return ['netem', 'delay', `${rttMs / 2}ms`, 'limit', '50000', ...rate];
  }
  return rateMbit === undefined
    ? null
    : ['tbf', 'rate', `${rateMbit}mbit`, 'burst', '64k', 'latency', '50ms'];
}

async function processOf(pid: number): Promise<HostProcess | null> {
  try {
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    return argv.length === 0 ? null : { pid, argv };
  } catch {
    return null;
  }
}
