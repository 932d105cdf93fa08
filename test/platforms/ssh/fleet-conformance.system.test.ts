/** The ssh platform on real servers, over the real transport. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenedPlatform, platformConformance } from '../../../src/testing/platform-conformance.ts';
import { BUSYBOX } from '../../support/busybox.ts';
import { requiresSshFleet } from '../../support/requires.ts';
import { type SshFleet, startSshFleet } from '../../support/ssh-fleet.ts';
import { FleetYard } from './fleet-yard.ts';
import { PRINTS, patient } from './workshop.ts';

describe.runIf(requiresSshFleet())('the ssh platform on servers', () => {
  let fleet: SshFleet;
  let yard: FleetYard;

  beforeAll(async () => {
    fleet = await startSshFleet({
      hosts: 4,
      shells: [{ login: '/bin/dash' }, { login: '/bin/bash', sh: BUSYBOX }],
    });
    yard = await FleetYard.open(fleet);
  });
  afterAll(async () => {
    await yard?.[Symbol.asyncDispose]();
    await fleet?.[Symbol.asyncDispose]();
  });

  function opener(options: { readonly ports?: readonly number[] }, targets: readonly [string, string]) {
    return async (): Promise<OpenedPlatform> => {
      // The connections are those of before: a login each time would be most of the time this takes.
      const inner = await FleetYard.open(fleet, { platform: { ...options, shells: yard.shells } });
      return {
        platform: inner.platform,
        service: 'api',
        targets,
        release: (version) => inner.program(PRINTS, { version }),
        crashing: (version) => inner.program('echo broken; exit 3', { version }),
        async close() {
          await inner.clear(fleet.hosts.filter(({ name }) => targets.includes(name)));
          await inner[Symbol.asyncDispose]();
        },
      };
    };
  }

  describe('with dash as login shell, and one with busybox for sh', () => {
    test.each(platformConformance(opener({}, ['h001', 'h002'])))('$name', ({ run }) => run());
  });

  describe('with two ports', () => {
    const cases = platformConformance(opener({ ports: [8081, 8082] }, ['h003', 'h004']));
    test.each(cases.filter(({ name }) => /beside|crash|twice/.test(name)))('$name', ({ run }) => run());
  });

  test('shells are what this test says that they are', async () => {
    const ask = async (name: string) => {
      const script =
        'if cmp -s /bin/sh "$1"; then echo busybox; else readlink -f /bin/sh; fi; getent passwd deploy | cut -d: -f7';
      const { stdout } = await yard.shells.shell(name).run(`set -- '${BUSYBOX}'\n${script}`, patient());
      return stdout.trim().split('\n');
    };
    expect(await ask('h001')).toEqual(['/usr/bin/dash', '/bin/dash']);
    expect(await ask('h002')).toEqual(['busybox', '/bin/bash']);
  });

  test('the round trips are those that are promised, on one login a host', async () => {
    const lined = await FleetYard.open(fleet);
    const logins = () =>
      fleet.hosts.map(
        ({ folder }) =>
          readFileSync(join(folder, 'run/sshd.log'), 'utf8').match(/^Accepted publickey/gm)?.length,
      );
    const before = logins();
    const hosts = fleet.hosts.map(({ name }) => name);
    const service = { id: '', service: 'api', version: '', digest: '', spec: {} };
    const trips = async (act: (host: string) => Promise<unknown>): Promise<number[]> => {
      const done = lined.shells.trips.length;
      await Promise.all(hosts.map(act));
      const made = lined.shells.trips.slice(done);
      return hosts.map((host) => made.filter((trip) => trip.host === host).length);
    };
    const each = (count: number) => hosts.map(() => count);
    const one = await lined.program(PRINTS, { version: '1.0.0' }, { data: 'x'.repeat(100_000) });
    const two = await lined.program(PRINTS, { version: '2.0.0' }, { data: 'x'.repeat(100_000), more: 'y' });
    const { platform } = lined;
    expect(await trips((host) => platform.stage(host, one, patient()))).toEqual(each(2));
    expect(await trips((host) => platform.stage(host, one, patient()))).toEqual(each(1));
    expect(await trips((host) => platform.activate(host, one, patient()))).toEqual(each(1));
    expect(await trips((host) => platform.stage(host, two, patient()))).toEqual(each(2));
    expect(Math.max(...lined.shells.trips.slice(-hosts.length).map(({ sent }) => sent))).toBeLessThan(2_000);
    expect(await trips((host) => platform.activate(host, two, patient()))).toEqual(each(1));
    expect(await trips((host) => platform.inspect('api', [host], patient()))).toEqual(each(1));
    expect(await trips((host) => platform.logTail(host, two, 5))).toEqual(each(1));
    const is = { current: '2.0.0', runs: ['2.0.0'], releases: ['1.0.0', '2.0.0'], incoming: 0 };
    expect(await lined.onAll()).toEqual(Object.fromEntries(hosts.map((host) => [host, is])));
    expect(await trips((host) => platform.prune(host, 'api', [], patient()))).toEqual(each(1));
    expect(await trips((host) => platform.stop(host, { ...service, id: two.id }, patient()))).toEqual(
      each(1),
    );
    const was = { current: '2.0.0', runs: [], releases: ['2.0.0'], incoming: 0 };
    expect(await lined.onAll()).toEqual(Object.fromEntries(hosts.map((host) => [host, was])));
    expect(logins()).toEqual(before.map((count) => (count ?? 0) + 1));
    await lined.clear();
    await lined[Symbol.asyncDispose]();
  });

  test('an instance is where the ssh config says that the host is', async () => {
    const ported = await FleetYard.open(fleet, { platform: { ports: [8090] } });
    const release = await ported.program('exec sleep 600');
    await ported.platform.stage('deploy@h003', release, patient());
    await ported.platform.activate('deploy@h003', release, patient());
    const [instance] = await ported.platform.inspect('api', ['deploy@h003'], patient());
    expect(instance?.address).toEqual({ host: fleet.hosts[2]?.address, port: 8090 });
    await ported.clear();
    await ported[Symbol.asyncDispose]();
  });
});
