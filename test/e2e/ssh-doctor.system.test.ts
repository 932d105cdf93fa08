import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requiresSshFleet } from '../support/requires.ts';
import { runProcess, startProcess } from '../support/run-process.ts';
import { type SshFleet, startSshFleet } from '../support/ssh-fleet.ts';
import { waitFor } from '../support/wait-for.ts';
import { SshProject } from './ssh-project.ts';

interface Finding {
  readonly about: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

describe.runIf(requiresSshFleet())('sluice doctor on servers', () => {
  let fleet: SshFleet;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 4 });
  });
  afterAll(() => fleet?.[Symbol.asyncDispose]());

  async function findings(project: SshProject): Promise<[exitCode: number | null, Finding[]]> {
    const { exitCode, stdout } = await project.sluice('doctor', '--json');
    const all = (JSON.parse(stdout) as { findings: Finding[] }).findings;
    return [exitCode, all.filter(({ about }) => about.startsWith('api ') && about !== 'api folder')];
  }

  test('a fleet that is well takes a line a topic, before and after a deployment', async () => {
    await using project = await SshProject.create({ fleet });
    const lines = async () =>
      (await findings(project))[1].map(({ about, ok, detail }) => `${ok} ${about}: ${detail}`);
    const before = await lines();
    expect(before.toSpliced(2, 1)).toEqual([
      'true api hosts: 4 hosts let us in',
      expect.stringMatching(/^true api clock: 4 hosts, (as ours|at most 1 s off)$/),
      'true api root: 4 hosts, deploy may write to apps/api',
      'true api tools: 4 hosts, all are there',
      'true api ports: 4 hosts, 8080 free',
      'true api lease: 4 hosts, nobody else deploys',
    ]);
    expect(before[2]).toMatch(/^true api disk: 4 hosts, least [\d.]+ [MG]B free on h00[1-4]$/);
    await project.deploy('1.0.0');
    expect((await lines())[5]).toBe('true api ports: 4 hosts, 8080 in use by this service');
  });

  test('what would fail is said of each host, with what to do', async () => {
    await using project = await SshProject.create({ fleet, port: 8090 });
    const [, second, third, fourth] = fleet.hosts;
    // Nobody has ever logged in to the first; sshd of the second does not run.
    const config = join(project.dir, 'ssh_config');
    const strange = `Host h001\n  UserKnownHostsFile /dev/null\n`;
    await writeFile(config, strange + (await readFile(fleet.configFile, 'utf8')));
    await project.configure({ fleet: { ...fleet, configFile: config } });
    await second?.killSshd();
    // Somebody else listens on the third, and somebody else deploys to the fourth.
    await using listener = startProcess([
      'nsenter',
      `--net=/run/netns/${await namespaceOf(third?.address ?? '')}`,
      process.execPath,
      '-e',
      `require('node:net').createServer().listen(8090, () => console.log('listens'))`,
    ]);
    await waitFor('the port to be taken', () => listener.stdout.includes('listens'));
    const since = 1_700_000_000_000;
    const until = Math.ceil(Date.now() / 1000) + 600;
    const lease = ['other', 1, since, until, 'bob@desk', 'api in production'].join('\n');
    await fourth?.exec([
      'sh',
      '-c',
      `mkdir -p ${SLUICE_FOLDER} && printf '%s\\n' '${lease}' >${SLUICE_FOLDER}/lease.7 &&
      chown -R deploy /home/deploy/apps`,
    ]);

    const [exitCode, all] = await findings(project);
    expect(exitCode).toBe(9);
    const bad = all.filter(({ ok }) => !ok);
    expect(bad.map(({ about, detail }) => `${about}: ${detail}`)).toEqual([
      expect.stringMatching(/^api hosts: cannot log in to h001: its host key is not known \(ssh: .*\)$/),
      expect.stringMatching(/^api hosts: cannot log in to h002: nothing listens there \(ssh: .*\)$/),
      'api ports: h003: something else listens on port 8090',
      'api lease: h004: bob@desk deploys here since 2023-11-14T22:13:20.000Z (api in production), with another journal',
    ]);
    expect(bad.map(({ remedy }) => remedy?.slice(0, 28))).toEqual([
      'Run "ssh h001 true" once, co',
      'Look whether sshd runs on th',
      'Stop what does (on h003, as ',
      'Ask bob@desk, or try again a',
    ]);
    expect(all.find(({ about, ok }) => about === 'api ports' && ok)?.detail).toBe('1 of 4 hosts, 8090 free');

    await second?.startSshd();
    await fourth?.exec(['rm', '-rf', '/home/deploy/apps']);
  });

  test('a root that the user may not write to, and a host without systemd', async () => {
    await using project = await SshProject.create({ fleet, hosts: ['h001'], run: 'systemd' });
    await project.configure({ platform: 'root: /usr/sluice' });
    const [exitCode, all] = await findings(project);
    expect(exitCode).toBe(9);
    expect(all.filter(({ ok }) => !ok).map(({ detail, remedy }) => [detail, remedy])).toEqual([
      [
        'h001: deploy may not write to /usr',
        'As root on h001: install -d -o deploy /usr/sluice/api; or choose another `root` in the config.',
      ],
      ['h001 does not run systemd', 'Use `run: detached` or `run: {type: commands, ...}` in the config.'],
    ]);
  });

  test('a host that does not answer is given up, and said so', async () => {
    await using project = await SshProject.create({ fleet, hosts: ['h001', 'h002'] });
    const host = fleet.hosts[1];
    await host?.unplug();
    const [exitCode, all] = await findings(project);
    await host?.plugIn();
    expect(exitCode).toBe(9);
    expect(all.filter(({ ok }) => !ok).map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^cannot log in to h002: it does not answer/),
    ]);
    expect(all[0]?.detail).toBe('1 of 2 hosts let us in');
  });
});

const SLUICE_FOLDER = '/home/deploy/apps/api/.sluice';

/** The network namespace that has this address. */
async function namespaceOf(address: string): Promise<string> {
  const { stdout } = await runProcess(['ip', 'netns', 'list']);
  for (const line of stdout.split('\n')) {
    const [name = ''] = line.split(' ');
    if (name === '') continue;
    const { stdout: addresses } = await runProcess(['ip', '-n', name, '-o', 'addr']);
    if (addresses.includes(` ${address}/`)) return name;
  }
  throw new Error(`no namespace has ${address}`);
}
