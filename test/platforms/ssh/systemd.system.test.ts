/** Units of systemd where there is a systemd: a server that booted, with both kinds of managers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requiresSystemdHost } from '../../support/requires.ts';
import { type SshFleet, startSshFleet } from '../../support/ssh-fleet.ts';
import type { FleetHost } from '../../support/ssh-fleet-host.ts';
import { waitFor } from '../../support/wait-for.ts';
import { Rollout } from './rollout.ts';
import { placeOf, runOf, SCOPES, SERVES, SystemdYard } from './systemd-yard.ts';
import { patient } from './workshop.ts';

describe.runIf(requiresSystemdHost())('services that systemd runs', () => {
  let fleet: SshFleet;
  let host: FleetHost;

  beforeAll(async () => {
    fleet = await startSshFleet({ hosts: 1, systemd: true, sshdConfig: 'UsePAM yes' });
    host = fleet.hosts[0]!;
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
  });

  test('those of a user who does not linger are refused, and told about', async () => {
    await using yard = await SystemdYard.of(fleet, SCOPES[1]!);
    await expect(yard.runs(SERVES)).rejects.toMatchObject({
      message: expect.stringContaining('`start` ended with exit code 1'),
      evidence: {
        log: ['What deploy runs ends with the login: on the host, as root: loginctl enable-linger deploy'],
      },
    });
    const asked = { kind: 'systemd', scope: 'user' } as const;
    expect(await yard.platform.examine('h001', 'api', asked, patient())).toMatchObject({
      systemd: 'fleeting',
    });
    await host.exec(['loginctl', 'enable-linger', 'deploy']);
    expect(await yard.platform.examine('h001', 'api', asked, patient())).toMatchObject({ systemd: 'usable' });
  });

  describe.each(SCOPES)('in the $scope scope', (where) => {
    test('an upgrade takes the place of what runs, which may end in its own way', async () => {
      await using yard = await SystemdYard.of(fleet, where, { ports: [8080] });
      const one = await yard.runs(SERVES, { version: '1.0.0' });
      await yard.runs(SERVES, { version: '2.0.0' });
      expect(await yard.on(host)).toEqual({
        current: '2.0.0',
        runs: ['2.0.0'],
        releases: ['1.0.0', '2.0.0'],
        incoming: 0,
      });
      expect(await yard.systemctl('is-enabled', 'api')).toBe('enabled');
      await waitFor('its log', async () => (await yard.platform.logTail('h001', one, 5)).length === 2);
      expect(await yard.platform.logTail('h001', one, 5)).toEqual(['1.0.0 begins on 8080', '1.0.0 ends']);
    });

    test('what crashes is started again; a reboot brings it back', async () => {
      await using yard = await SystemdYard.of(fleet, where);
      const release = await yard.runs(SERVES, { version: '3.0.0' });
      const [first] = await yard.instances();
      await host.exec(['kill', '-KILL', String(first?.pid)]);
      const [ended] = await yard.instances();
      expect(ended).toMatchObject({
        state: 'starting',
        restarts: 1,
        evidence: { signal: 'SIGKILL', log: ['3.0.0 begins on no port'] },
      });
      const again = await waitFor('the service', async () => {
        const [now] = await yard.instances();
        return now?.state === 'running' ? now : null;
      });
      expect(again).toMatchObject({
        restarts: 1,
        evidence: { log: ['3.0.0 begins on no port', '3.0.0 begins on no port'] },
      });
      expect(again.evidence).not.toHaveProperty('exitCode');
      expect(again.pid).not.toBe(first?.pid);

      await host.stop();
      await host.start();
      const booted = await waitFor('the service', async () => {
        const [now] = await yard.instances();
        return now?.state === 'running' ? now : null;
      });
      expect(booted).toMatchObject({ release: release.id, restarts: 0 });
    });

    test('two releases run side by side, each on its port, also after a reboot, until one is stopped', async () => {
      await using yard = await SystemdYard.of(fleet, where, { ports: [8081, 8082] });
      const one = await yard.runs(SERVES, { version: '4.0.0' });
      const two = await yard.runs(SERVES, { version: '5.0.0' });
      const seen = async () =>
        (await yard.instances()).map(({ release, state, address }) => [release, state, address?.port]);
      const both = [
        [one.id, 'running', 8081],
        [two.id, 'running', 8082],
      ];
      expect(await seen()).toEqual(both);
      expect((await yard.on(host)).runs).toEqual(['4.0.0', '5.0.0']);
      await waitFor('its log', async () => (await yard.platform.logTail('h001', two, 5)).length === 1);
      expect(await yard.platform.logTail('h001', two, 5)).toEqual(['5.0.0 begins on 8082']);

      await host.stop();
      await host.start();
      await waitFor('both', async () => JSON.stringify(await seen()) === JSON.stringify(both));
      await yard.platform.stop('h001', one, patient());
      expect(await seen()).toEqual(both.slice(1));
      expect(await host.exec(['ls', where.units])).toMatch(/(^|\n)api-2\.service\n/);
      expect(await host.exec(['ls', where.units])).not.toContain('api-1.service');
    });

    test('a broken release is taken back, and its end is told', async () => {
      const run = runOf(where, ['sh', 'main.sh']);
      await using rollout = await Rollout.on(fleet, [host], { platform: placeOf(where), release: { run } });
      const broken = await rollout.program('echo broken; exit 3', { version: '2.0.0', run });
      const state = await rollout.deploy(broken);
      expect(state.outcome).toBe('rolled-back');
      expect(state.cause).toMatchObject({
        target: 'h001',
        message: expect.stringContaining('ended instead of becoming healthy'),
        evidence: { exitCode: 3, log: expect.arrayContaining(['broken']) },
      });
      expect(await rollout.ends()).toMatchObject([{ current: '1.0.0', runs: ['1.0.0'] }]);
      await rollout.platform.stop('h001', rollout.old, patient());
    });

    test('a program that is not there, or may not be run, is told at once', async () => {
      await using yard = await SystemdYard.of(fleet, where);
      const release = await yard.unit('', { run: runOf(where, ['./nothing']) });
      await yard.platform.stage('h001', release, patient());
      await expect(yard.platform.activate('h001', release, patient())).rejects.toMatchObject({
        message: expect.stringContaining('`start` ended with exit code 1'),
        evidence: { exitCode: 1, log: expect.arrayContaining([expect.stringMatching(/No such file/)]) },
      });
      await yard.platform.stop('h001', release, patient());
      expect(await yard.instances()).toEqual([]);
    });

    test('what does not heed its stop is killed after its time, and leaves no unit', async () => {
      await using yard = await SystemdYard.of(fleet, where);
      const source = 'trap "" TERM; while :; do sleep 600; done';
      const release = await yard.runs(source, { stopTimeoutMs: 1_000 });
      const begun = performance.now();
      await yard.platform.stop('h001', release, patient());
      expect(performance.now() - begun).toBeGreaterThan(900);
      expect(await yard.instances()).toEqual([]);
      expect((await yard.on(host)).runs).toEqual([]);
      expect(await host.exec(['ls', '-A', where.units])).not.toContain('api');
      expect(await yard.systemctl('show', '-p', 'LoadState,ActiveState', 'api')).toBe(
        'LoadState=not-found\nActiveState=inactive',
      );
      // Stopping what is stopped is no error.
      await yard.platform.stop('h001', release, patient());
    });

    test('a unit of somebody else is left alone', async () => {
      await using yard = await SystemdYard.of(fleet, where);
      const release = await yard.unit(SERVES, { service: 'dbus' });
      const before = await yard.systemctl('show', '-p', 'FragmentPath,MainPID', 'dbus');
      await yard.platform.stage('h001', release, patient());
      await expect(yard.platform.activate('h001', release, patient())).rejects.toMatchObject({
        evidence: { log: [expect.stringContaining('There is a unit dbus.service already')] },
      });
      expect(await yard.systemctl('show', '-p', 'FragmentPath,MainPID', 'dbus')).toBe(before);
    });
  });
});
