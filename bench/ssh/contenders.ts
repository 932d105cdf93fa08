/** How each tool deploys and rolls back: as commands, with the files beside that an expert of it would write. */
import { join } from 'node:path';
import type { Command } from './measure.ts';

export const ACTIONS = ['cold', 'v2', 'rollback'] as const;
/** To empty hosts; ten changed files later; back again. */
export type Action = (typeof ACTIONS)[number];

/** Where it is deployed from, and where to. */
export interface Stage {
  readonly hostsFile: string;
  readonly sshConfig: string;
  /** The folders of both versions. */
  readonly releases: string;
  /** For whatever a tool leaves on this machine; the same one for all actions of one contender. */
  readonly work: string;
  readonly gitUrl: string;
}

export interface Contender {
  readonly name: string;
  readonly command: (action: Action, stage: Stage) => Command;
}

const PEERS = join(import.meta.dirname, 'peers');
const LIBRARY = join(import.meta.dirname, 'library.mjs');

export const CONTENDERS: readonly Contender[] = [
  {
    name: 'Sluice',
    command: (action, stage) => run([join(import.meta.dirname, 'sluice.sh'), action], action, stage),
  },
  {
    name: 'Sluice, as a library',
    command: (action, stage) => run([process.execPath, LIBRARY, action], action, stage),
  },
  script('xargs rsync --link-dest, ssh defaults', 'rsync.sh'),
  script('the same, curve25519, -z, ControlMaster', 'rsync.sh', { TUNED: '1' }),
  script('tar.gz over ssh, curve25519, aes-gcm', 'tar.sh'),
  script('clush copy, tar', 'clush.sh'),
  ansible('Ansible synchronize', 'synchronize.yml'),
  ansible('Ansible unarchive', 'unarchive.yml'),
  capistrano('Capistrano, tarball', 'tarball'),
  capistrano('Capistrano, git', 'git'),
];

/** A bare command on every host, a login each. */
export function bareSsh(options: string, { hostsFile, sshConfig }: Stage): Command {
  const each = `xargs -P 50 -I{} ssh -F ${sshConfig} ${options} {} true <${hostsFile}`;
  return { argv: ['sh', '-c', each], env: {} };
}

/** As many bytes as a cold deploy to so many hosts must move, to one of them, in one stream that goes nowhere. */
export function oneStream(host: string, archive: string, times: number, { sshConfig }: Stage): Command {
  const options = '-o KexAlgorithms=curve25519-sha256 -o Ciphers=aes128-gcm@openssh.com';
  const many = `i=0; while [ $i -lt ${times} ]; do cat ${archive}; i=$((i + 1)); done`;
  return {
    argv: ['sh', '-c', `{ ${many}; } | ssh -F ${sshConfig} ${options} ${host} 'cat >/dev/null'`],
    env: {},
  };
}

function script(name: string, file: string, env: Readonly<Record<string, string>> = {}): Contender {
  return {
    name,
    command: (action, stage) => {
      const verb = action === 'rollback' ? 'rollback' : 'deploy';
      return run([join(PEERS, file), verb], action, stage, env);
    },
  };
}

function ansible(name: string, playbook: string): Contender {
  return {
    name,
    command: (action, stage) => {
      const file = action === 'rollback' ? 'rollback.yml' : playbook;
      return run([join(PEERS, 'ansible', 'run.sh'), file], action, stage);
    },
  };
}

function capistrano(name: string, scm: 'tarball' | 'git'): Contender {
  return {
    name,
    command: (action, stage) => {
      const task = action === 'rollback' ? 'deploy:rollback' : 'deploy';
      return run([join(PEERS, 'capistrano', 'run.sh'), task], action, stage, { CAP_SCM: scm });
    },
  };
}

function run(
  argv: readonly string[],
  action: Action,
  { hostsFile, sshConfig, releases, work, gitUrl }: Stage,
  more: Readonly<Record<string, string>> = {},
): Command {
  const version = action === 'v2' ? 'v2' : 'v1';
  return {
    argv,
    env: {
      VERSION: version,
      PREVIOUS: action === 'v2' ? 'v1' : '',
      RELEASE: join(releases, version),
      HOSTS_FILE: hostsFile,
      SSH_CONFIG: sshConfig,
      WORK: work,
      GIT_URL: gitUrl,
      ...more,
    },
  };
}
