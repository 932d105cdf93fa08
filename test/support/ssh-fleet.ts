/**
 * The project's own fleet of SSH servers: real `sshd`, each in namespaces of its own, with its own address,
 * host key, processes, `/home`, `/srv`, `/tmp`, `/run` and `/etc/ssh`, reached as `deploy@hNNN` with the ssh config that
 * it writes. Needs root (`requiresRoot`); `npm run ssh-fleet` brings one up by hand.
 *
 * A fleet owns a slot: a folder, a network of 4,094 addresses and a prefix of names. What a test left behind that
 * was killed is cleared when the next fleet comes up.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type FleetHost, Host, type HostOptions, type HostShell } from './ssh-fleet-host.ts';
import { claimSlot, clearSlot, type Slot } from './ssh-fleet-slot.ts';
import { command, ipBatch } from './system-command.ts';
import { waitFor } from './wait-for.ts';

export interface SshFleetOptions extends HostOptions {
  readonly hosts: number;
  /** What the hosts have for shells, in turn. Default: `/bin/bash` for logins, this machine's `/bin/sh`. */
  readonly shells?: readonly HostShell[];
  /** Of `sshd_config`. Default `10:30:100`, which is sshd's own. */
  readonly maxStartups?: string;
  /** More lines of `sshd_config`. */
  readonly sshdConfig?: string;
  /** Leave it up when this process ends, until `clearFleets` is called. Default no. */
  readonly kept?: boolean;
}

export interface SshFleet extends AsyncDisposable {
  readonly folder: string;
  readonly hosts: readonly FleetHost[];
  /** For `ssh -F`: every host by its name, with the key and the known hosts of the fleet. */
  readonly configFile: string;
  readonly knownHostsFile: string;
  /** The private key that opens every host. */
  readonly keyFile: string;
}

const USER = 'deploy';
const USER_ID = 1900;
const START_TIMEOUT_MS = 30_000;

/** Brings the hosts up; resolves when each answers on port 22. `await using` takes it down. */
export async function startSshFleet(options: SshFleetOptions): Promise<SshFleet> {
  const slot = await claimSlot(options.kept ?? false);
  try {
    return await bringUp(slot, options);
  } catch (error) {
    await clearSlot(slot);
    throw error;
  }
}

async function bringUp(slot: Slot, options: SshFleetOptions): Promise<SshFleet> {
  const hosts = Array.from({ length: options.hosts }, (_, index) => new Host(slot, index, options));
  const keyFile = join(slot.folder, 'id_ed25519');
  await Promise.all([
    makeNetwork(slot, hosts),
    makeKey(keyFile, 'client'),
    ...hosts.map(async (host) => {
      await host.makeFolders();
      await makeAccounts(host);
    }),
  ]);
  const [clientKey] = await Promise.all([
    readFile(`${keyFile}.pub`, 'utf8'),
    ...hosts.map((host) => makeKey(host.keyFile, host.name)),
  ]);
  await Promise.all(hosts.map((host) => host.configure(sshdConfig(host, options), clientKey, USER_ID)));

  const knownHostsFile = join(slot.folder, 'known_hosts');
  const configFile = join(slot.folder, 'ssh_config');
  const keys = await Promise.all(hosts.map((host) => readFile(`${host.keyFile}.pub`, 'utf8')));
  await writeFile(
    knownHostsFile,
    hosts.map((host, at) => `${host.name},${host.address} ${keys[at]}`).join(''),
  );
  await writeFile(configFile, clientConfig(hosts, keyFile, knownHostsFile));

  await Promise.all(hosts.map((host) => host.start()));
  await Promise.all(hosts.map((host) => answering(host.address)));
  return {
    folder: slot.folder,
    hosts,
    configFile,
    knownHostsFile,
    keyFile,
    [Symbol.asyncDispose]: () => clearSlot(slot),
  };
}

async function makeNetwork(slot: Slot, hosts: readonly Host[]): Promise<void> {
  await ipBatch([
    `link add ${slot.prefix} type bridge`,
    `addr add ${slot.gateway}/20 dev ${slot.prefix}`,
    `link set ${slot.prefix} up`,
    ...hosts.map((host) => `netns add ${host.namespace}`),
  ]);
  await ipBatch(
    hosts.flatMap((host) => [
      `link add ${host.link} type veth peer name eth0 netns ${host.namespace}`,
      `link set ${host.link} master ${slot.prefix}`,
      `link set ${host.link} up`,
    ]),
  );
}

/** The accounts of this machine, and one that deploys. */
async function makeAccounts(host: Host): Promise<void> {
  const folder = join(host.folder, 'accounts');
  await mkdir(folder);
  const added = {
    passwd: `${USER}:x:${USER_ID}:${USER_ID}::/home/${USER}:${host.loginShell}\n`,
    group: `${USER}:x:${USER_ID}:\n`,
    shadow: `${USER}:*:19000::::::\n`,
  };
  for (const [file, line] of Object.entries(added)) {
    await writeFile(join(folder, file), (await readFile(join('/etc', file), 'utf8')) + line);
  }
  await chmod(join(folder, 'shadow'), 0o600);
}

async function makeKey(file: string, comment: string): Promise<void> {
  await command(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
}

function sshdConfig(host: Host, options: SshFleetOptions): string {
  return `${[
    options.sshdConfig,
    `ListenAddress ${host.address}`,
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'AuthorizedKeysFile /etc/ssh/authorized_keys',
    'PidFile /run/sshd.pid',
    'UsePAM no',
    'UseDNS no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    'AcceptEnv LANG LC_*',
    `MaxStartups ${options.maxStartups ?? '10:30:100'}`,
    'Subsystem sftp internal-sftp',
  ]
    .filter((line) => line !== undefined)
    .join('\n')}\n`;
}

function clientConfig(hosts: readonly Host[], keyFile: string, knownHostsFile: string): string {
  const names = hosts.map(
    (host) => `Host ${host.name}\n  HostName ${host.address}\n  HostKeyAlias ${host.name}`,
  );
  return `${names.join('\n')}
Host *
  User ${USER}
  IdentityFile ${keyFile}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${knownHostsFile}
  GlobalKnownHostsFile /dev/null
`;
}

async function answering(address: string): Promise<void> {
  await waitFor(`sshd at ${address}`, () => saysSsh(address), { timeoutMs: START_TIMEOUT_MS });
}

function saysSsh(address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: address, port: 22, timeout: 2_000 });
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('SSH-'));
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('close', () => resolve(false));
  });
}
