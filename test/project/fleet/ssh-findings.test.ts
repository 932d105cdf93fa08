import { describe, expect, test } from 'vitest';
import { LeaseHeldError, OperationError } from '../../../src/errors.ts';
import { type HostReport, reportOf } from '../../../src/platforms/ssh/examine-host.ts';
import { type ExaminedHost, sshFindings } from '../../../src/project/fleet/ssh-findings.ts';

const MIB = 1024 * 1024;
const WELL: HostReport = {
  user: 'ann',
  clockAhead: 0,
  lacks: [],
  compression: 'zstd',
  folder: { state: 'open', path: '' },
  freeBytes: 5_000 * MIB,
  ports: new Map([[8080, 'free']]),
  systemd: 'usable',
  leased: null,
};
const DEMANDS = {
  service: 'api',
  folder: '/srv/sluice/api',
  releaseBytes: 30 * MIB,
  systemd: { scope: 'system', user: 'www-data' },
} as const;

function text(examined: readonly ExaminedHost[], demands: Parameters<typeof sshFindings>[1] = DEMANDS) {
  return sshFindings(examined, demands).flatMap(({ about, ok, detail, remedy }) => [
    `${ok ? '+' : '-'} ${about}: ${detail}`,
    ...(remedy === undefined ? [] : [`  ${remedy}`]),
  ]);
}

test('what is well with all hosts is a line a topic, whatever their number', () => {
  const hosts = Array.from(
    { length: 10 },
    (_, index): ExaminedHost => ({ host: `web${index}`, report: WELL }),
  );
  hosts[7] = {
    host: 'web7',
    report: { ...WELL, freeBytes: 3_175 * MIB, clockAhead: -2, compression: 'gzip' },
  };
  hosts[8] = { host: 'web8', report: { ...WELL, ports: new Map([[8080, 'ours']]), freeBytes: null } };
  expect(text(hosts)).toEqual([
    '+ api hosts: 10 hosts let us in',
    '+ api clock: 10 hosts, at most 2 s off',
    '+ api disk: 10 hosts, least 3.1 GB free on web7',
    '+ api root: 10 hosts, ann may write to /srv/sluice/api',
    '+ api tools: 10 hosts, all are there; on 1 gzip, as there is no zstd',
    '+ api ports: 10 hosts, 8080 free on 9, in use by this service on 1',
    '+ api systemd: 10 hosts, units of the machine',
    '+ api lease: 10 hosts, nobody else deploys',
  ]);
});

test('each host that is not well is named, with what to do; one that nobody can ask counts nowhere else', () => {
  const gone = new OperationError('cannot log in to web3: nothing listens there', {
    remedy: 'Look at sshd.',
  });
  const held = new LeaseHeldError(
    'web2: bob deploys here since then',
    { holder: 'bob', since: 0, doing: 'api' },
    { remedy: 'Ask bob.' },
  );
  const bad: HostReport = {
    ...WELL,
    clockAhead: 95,
    lacks: ['tar'],
    compression: null,
    folder: { state: 'closed', path: '/srv' },
    freeBytes: 45 * MIB,
    ports: new Map([
      [8080, 'taken'],
      [8081, 'unknown'],
    ]),
    systemd: 'powerless',
    leased: held,
  };
  expect(
    text([
      { host: 'web1', report: WELL },
      { host: 'web2', report: bad },
      { host: 'web3', report: gone },
    ]),
  ).toEqual([
    '+ api hosts: 2 of 3 hosts let us in',
    '- api hosts: cannot log in to web3: nothing listens there',
    '  Look at sshd.',
    '+ api clock: 1 of 3 hosts, as ours',
    '- api clock: web2: its clock is 95 s ahead of ours',
    '  Let web2 keep time (timedatectl set-ntp true), or this machine.',
    '+ api disk: 1 of 3 hosts, least 4.9 GB free on web1',
    '- api disk: web2: 45 MB free, and a whole release takes 46 MB',
    '  Free some space on web2, or keep fewer releases (`keepReleases`).',
    '+ api root: 1 of 3 hosts, ann may write to /srv/sluice/api',
    '- api root: web2: ann may not write to /srv',
    '  As root on web2: install -d -o ann /srv/sluice/api; or choose another `root` in the config.',
    '+ api tools: 1 of 3 hosts, all are there',
    '- api tools: web2 has no tar, no zstd or gzip',
    '  Install it on web2.',
    '+ api ports: 1 of 3 hosts, 8080 free',
    '- api ports: web2: something else listens on port 8080',
    '  Stop what does (on web2, as root: ss -ltnp), or choose other `ports` in the config.',
    '+ api systemd: 1 of 3 hosts, units of the machine',
    '- api systemd: web2: ann may not write units of the machine',
    '  Log in as root (User root in the ssh config, or hosts: [root@web2]), or use `run: {type: systemd, scope: user}`.',
    '+ api lease: 1 of 3 hosts, nobody else deploys',
    '- api lease: web2: bob deploys here since then',
    '  Ask bob.',
  ]);
});

test.each([
  ['absent', 'web1 does not run systemd'],
  ['fleeting', 'web1: what ann runs ends with the login'],
  ['unreachable', 'web1: the systemd of ann does not answer'],
  ['stranger', 'web1 has no user www-data'],
] as const)('systemd that is %s', (systemd, detail) => {
  const [finding] = sshFindings([{ host: 'web1', report: { ...WELL, systemd } }], DEMANDS).filter(
    ({ about }) => about === 'api systemd',
  );
  expect([finding?.ok, finding?.detail]).toEqual([false, detail]);
});

test('where no unit is asked for, nobody looks for systemd', () => {
  const findings = sshFindings([{ host: 'web1', report: WELL }], { ...DEMANDS, systemd: null });
  expect(findings.map(({ about }) => about)).not.toContain('api systemd');
});

describe('what a host answers', () => {
  const asked = { authority: 'mine', begun: 100_400, ended: 102_600 };
  const of = (...lines: string[]) =>
    reportOf(
      'web1',
      lines.map((line) => {
        const [key = '', ...value] = line.split(' ');
        return { key, value: value.join(' ') };
      }),
      asked,
    );

  test.each([
    ['99', -1],
    ['100', 0],
    ['103', 0],
    ['104', 1],
    ['5', -95],
  ])('a clock of %s while it was asked from 100.4 to 102.6 is off by %d', (now, ahead) => {
    expect(of(`now ${now}`).clockAhead).toBe(ahead);
  });

  test('a lease of ours is in nobody`s way, one of another journal is', () => {
    const lease = ['since 1000', 'who bob@x', 'doing api in production', 'until 3'];
    expect(of('lease mine', ...lease).leased).toBeNull();
    expect(of('lease other', ...lease).leased).toMatchObject({
      message:
        'web1: bob@x deploys here since 1970-01-01T00:00:01.000Z (api in production), with another journal',
      remedy: 'Ask bob@x, or try again after 1970-01-01T00:00:03.000Z, when that lease expires.',
    });
  });

  test('what it does not tell is not known', () => {
    expect(of('free -', 'tool gzip', 'port 80 unknown', 'blocked /srv')).toMatchObject({
      freeBytes: null,
      compression: 'gzip',
      ports: new Map([[80, 'unknown']]),
      folder: { state: 'blocked', path: '/srv' },
      systemd: null,
    });
  });
});
