/** What `sluice doctor` has seen of servers: a line for what is well with all of them, one for each that is not. */
import { OperationError, SluiceError } from '../../errors.ts';
import type { HostReport } from '../../platforms/ssh/examine-host.ts';
import { RESERVE_BYTES } from '../../platforms/ssh/transfer.ts';
import type { Finding } from '../finding.ts';

/** Leases and histories are read by people, who compare times. */
const CLOCK_TOLERANCE_SECONDS = 5;
const MIB = 1024 * 1024;

export interface ExaminedHost {
  readonly host: string;
  /** Or why there is none. */
  readonly report: HostReport | Error;
}

/** What is asked of each host. */
export interface HostDemands {
  readonly service: string;
  /** The service's folder on the hosts. */
  readonly folder: string;
  /** Of a whole release. */
  readonly releaseBytes: number;
  readonly systemd: { readonly scope: 'system' | 'user'; readonly user?: string } | null;
}

interface Examined {
  readonly host: string;
  readonly report: HostReport;
}

interface Topic {
  readonly name: string;
  /** `null` when the host is well. */
  readonly wrong: (examined: Examined) => { readonly detail: string; readonly remedy: string } | null;
  /** Of those that are well. */
  readonly seen: (well: readonly Examined[]) => string;
}

/** Pure. In the order of the config, topic by topic. */
export function sshFindings(examined: readonly ExaminedHost[], demands: HostDemands): Finding[] {
  const reached: Examined[] = [];
  const unreached: Finding[] = [];
  const about = (topic: string) => `${demands.service} ${topic}`;
  for (const { host, report } of examined) {
    if (report instanceof Error) unreached.push(notReached(about('hosts'), report));
    else reached.push({ host, report });
  }
  const count = (of: number) => (of === examined.length ? hosts(of) : `${of} of ${hosts(examined.length)}`);
  const findings: Finding[] =
    reached.length === 0
      ? []
      : [{ about: about('hosts'), ok: true, detail: `${count(reached.length)} let us in` }];
  findings.push(...unreached);
  for (const topic of topicsOf(demands)) {
    const well = reached.filter((one) => topic.wrong(one) === null);
    if (well.length > 0) {
      const detail = `${count(well.length)}, ${topic.seen(well)}`;
      findings.push({ about: about(topic.name), ok: true, detail });
    }
    for (const one of reached) {
      const wrong = topic.wrong(one);
      if (wrong !== null) findings.push({ about: about(topic.name), ok: false, ...wrong });
    }
  }
  return findings;
}

function notReached(about: string, error: Error): Finding {
  const remedy = error instanceof SluiceError ? error.remedy : undefined;
  return { about, ok: false, detail: error.message, ...(remedy === undefined ? {} : { remedy }) };
}

/** That a host did not answer in time, in words. */
export function noAnswer(host: string, timeoutMs: number): OperationError {
  return new OperationError(`${host}: no answer within ${Math.round(timeoutMs / 1000)} s`, {
    remedy: `Look whether it is overloaded: ssh ${host} uptime`,
  });
}

function topicsOf(demands: HostDemands): Topic[] {
  const { systemd } = demands;
  return [
    CLOCK,
    diskTopic(demands.releaseBytes + RESERVE_BYTES),
    folderTopic(demands.folder),
    TOOLS,
    PORTS,
    ...(systemd === null ? [] : [systemdTopic(systemd)]),
    LEASE,
  ];
}

const CLOCK: Topic = {
  name: 'clock',
  wrong: ({ host, report: { clockAhead } }) => {
    const off = Math.abs(clockAhead);
    if (off <= CLOCK_TOLERANCE_SECONDS) return null;
    return {
      detail: `${host}: its clock is ${off} s ${clockAhead > 0 ? 'ahead of' : 'behind'} ours`,
      remedy: `Let ${host} keep time (timedatectl set-ntp true), or this machine.`,
    };
  },
  seen: (well) => {
    const most = Math.max(...well.map(({ report }) => Math.abs(report.clockAhead)));
    return most === 0 ? 'as ours' : `at most ${most} s off`;
  },
};

function diskTopic(neededBytes: number): Topic {
  return {
    name: 'disk',
    wrong: ({ host, report: { freeBytes } }) =>
      freeBytes === null || freeBytes >= neededBytes
        ? null
        : {
            detail: `${host}: ${sizeOf(freeBytes)} free, and a whole release takes ${sizeOf(neededBytes)}`,
            remedy: `Free some space on ${host}, or keep fewer releases (\`keepReleases\`).`,
          },
    seen: (well) => {
      const known = well.flatMap(({ host, report: { freeBytes } }) =>
        freeBytes === null ? [] : [{ host, freeBytes }],
      );
      if (known.length === 0) return 'how much is free is not known';
      const least = known.reduce((a, b) => (b.freeBytes < a.freeBytes ? b : a));
      return `least ${sizeOf(least.freeBytes)} free on ${least.host}`;
    },
  };
}

function folderTopic(folder: string): Topic {
  return {
    name: 'root',
    wrong: ({ host, report: { folder: found, user } }) => {
      switch (found.state) {
        case 'open':
          return null;
        case 'blocked':
          return {
            detail: `${host}: ${found.path} is no folder`,
            remedy: 'Move it away, or choose another `root` in the config.',
          };
        case 'closed':
          return {
            detail: `${host}: ${user} may not write to ${found.path}`,
            remedy: `As root on ${host}: install -d -o ${user} ${folder}; or choose another \`root\` in the config.`,
          };
      }
    },
    seen: (well) => `${usersOf(well)} may write to ${folder}`,
  };
}

function usersOf(well: readonly Examined[]): string {
  const users = [...new Set(well.map(({ report }) => report.user))];
  return users.length === 1 ? `${users[0]}` : 'whoever logs in';
}

const TOOLS: Topic = {
  name: 'tools',
  wrong: ({ host, report: { lacks, compression } }) => {
    const missing = [...lacks, ...(compression === null ? ['zstd or gzip'] : [])];
    if (missing.length === 0) return null;
    return { detail: `${host} has no ${missing.join(', no ')}`, remedy: `Install it on ${host}.` };
  },
  seen: (well) => {
    const slow = well.filter(({ report }) => report.compression === 'gzip').length;
    return slow === 0 ? 'all are there' : `all are there; on ${slow} gzip, as there is no zstd`;
  },
};

const PORTS: Topic = {
  name: 'ports',
  wrong: ({ host, report: { ports } }) => {
    const taken = [...ports].filter(([, state]) => state === 'taken').map(([port]) => port);
    if (taken.length === 0) return null;
    return {
      detail: `${host}: something else listens on port ${taken.join(' and ')}`,
      remedy: `Stop what does (on ${host}, as root: ss -ltnp), or choose other \`ports\` in the config.`,
    };
  },
  seen: (well) => {
    const ports = [...(well[0]?.report.ports.keys() ?? [])];
    return ports.map((port) => portSeen(port, well)).join('; ');
  },
};

function portSeen(port: number, well: readonly Examined[]): string {
  const states = well.map(({ report }) => report.ports.get(port));
  const words = { free: 'free', ours: 'in use by this service', unknown: 'not known to be free' } as const;
  const parts = (['free', 'ours', 'unknown'] as const).flatMap((state) => {
    const number = states.filter((one) => one === state).length;
    if (number === 0) return [];
    return [number === states.length ? words[state] : `${words[state]} on ${number}`];
  });
  return `${port} ${parts.join(', ')}`;
}

function systemdTopic({ scope, user }: NonNullable<HostDemands['systemd']>): Topic {
  return {
    name: 'systemd',
    wrong: ({ host, report: { systemd, user: login } }) => {
      switch (systemd) {
        case 'usable':
        case null:
          return null;
        case 'absent':
          return {
            detail: `${host} does not run systemd`,
            remedy: 'Use `run: detached` or `run: {type: commands, ...}` in the config.',
          };
        case 'fleeting':
          return {
            detail: `${host}: what ${login} runs ends with the login`,
            remedy: `As root on ${host}: loginctl enable-linger ${login}`,
          };
        case 'unreachable':
          return {
            detail: `${host}: the systemd of ${login} does not answer`,
            remedy: `Make "ssh ${host} systemctl --user status" work; as root: systemctl start user@$(id -u ${login}).service`,
          };
        case 'powerless':
          return {
            detail: `${host}: ${login} may not write units of the machine`,
            remedy: `Log in as root (User root in the ssh config, or hosts: [root@${host}]), or use \`run: {type: systemd, scope: user}\`.`,
          };
        case 'stranger':
          return {
            detail: `${host} has no user ${user}`,
            remedy: `As root on ${host}: useradd --system ${user}; or correct \`run.user\` in the config.`,
          };
      }
    },
    seen: () => (scope === 'user' ? 'units of the user outlive the login' : 'units of the machine'),
  };
}

const LEASE: Topic = {
  name: 'lease',
  wrong: ({ report: { leased } }) =>
    leased === null ? null : { detail: leased.message, remedy: leased.remedy ?? '' },
  seen: () => 'nobody else deploys',
};

function hosts(count: number): string {
  return count === 1 ? '1 host' : `${count} hosts`;
}

function sizeOf(bytes: number): string {
  const mebibytes = Math.floor(bytes / MIB);
  return mebibytes < 1024 ? `${mebibytes} MB` : `${(bytes / MIB / 1024).toFixed(1)} GB`;
}
