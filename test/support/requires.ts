/**
 * What a system test needs beyond Node and the packages. Each is a Debian package of the list in
 * `scripts/install-system-packages.sh`, which `npm test` installs where it may.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program to the Debian package that has it. */
export const PROGRAMS = {
  caddy: 'caddy',
  chromium: 'chromium',
  haproxy: 'haproxy',
  nginx: 'nginx-light',
  openssl: 'openssl',
  tmux: 'tmux',
  sshd: 'openssh-server',
  ip: 'iproute2',
  // With it come systemd itself and its logins, as every server has them.
  'dbus-daemon': 'libpam-systemd',
} as const;

export type Program = keyof typeof PROGRAMS;

/**
 * Whether the program is installed: `describe.runIf(requires('openssl'))(...)`. Where it is not, says so on
 * stderr with the command that gets it; with `CI=true` it throws instead, so that nothing is left out there.
 */
export function requires(program: Program, environment: NodeJS.ProcessEnv = process.env): boolean {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  if (folders.some((folder) => isExecutable(join(folder, program)))) return true;
  return lacks(`${program} is not installed: apt-get install ${PROGRAMS[program]}`, environment);
}

/** Whether a fleet of SSH servers can be brought up here, which takes root on Linux. */
export function requiresSshFleet(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return lacks('a fleet of SSH servers needs namespaces: run it as root on Linux', environment);
  }
  return requires('sshd', environment) && requires('ip', environment);
}

/**
 * Whether a server with systemd can be booted here: a container may be root and still not be let have cgroups of
 * its own.
 */
export function requiresSystemdHost(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (!requiresSshFleet(environment) || !requires('dbus-daemon', environment)) return false;
  const { status, stderr } = spawnSync(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-c', HAS_CGROUPS],
    {
      encoding: 'utf8',
    },
  );
  if (status === 0) return true;
  const why = stderr.trim() || `exit code ${status}`;
  return lacks(
    `a server with systemd needs cgroups of its own, which this machine does not give (${why}): ` +
      'run it on a virtual machine, or in a privileged container',
    environment,
  );
}

const HAS_CGROUPS = `mount -t cgroup2 cgroup2 /sys/fs/cgroup && cd /sys/fs/cgroup &&
mkdir "sluice-probe-$$" && rmdir "sluice-probe-$$"`;

function lacks(lack: string, environment: NodeJS.ProcessEnv): false {
  if (environment.CI === 'true') throw new Error(lack);
  process.stderr.write(`SKIPPED: ${lack}\n`);
  return false;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
