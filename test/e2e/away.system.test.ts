/** Servers that are away when a deployment begins, or get lost in it, and come back: on real sshd. */
import { describe, expect, test } from 'vitest';
import { requiresSshFleet } from '../support/requires.ts';
import { waitFor } from '../support/wait-for.ts';
import { ServersProject } from './servers-project.ts';

const TIMEOUT_MS = 180_000;

describe.runIf(requiresSshFleet())('a server that is away', { concurrent: true }, () => {
  test(
    'at the start: refused without a budget, left behind with one, and put right when it is back',
    async () => {
      await using project = await ServersProject.create(3);
      await project.build('1.0.0');
      const first = await project.sluice('deploy', 'api', '1.0.0');
      expect([first.exitCode, first.stderr]).toEqual([0, '']);
      await project.host('h002').stop();
      await project.build('2.0.0');

      const refused = await project.sluice('deploy', 'api', '2.0.0');
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(
        '1 of 3 targets cannot be reached, and none may fail. h002: cannot log in to h002',
      );
      expect(refused.stderr).toContain('Nothing was begun.');
      expect(await project.answers()).toEqual(['h001 1.0.0', 'h002 nothing', 'h003 1.0.0']);
      const history = JSON.parse((await project.sluice('history', 'api', '--json')).stdout);
      expect(history.deployments ?? history).toHaveLength(1);

      await project.configure('maxFailures: 1');
      const behind = await project.sluice('deploy', 'api', '2.0.0');
      expect(behind.exitCode).toBe(0);
      expect(behind.stdout).toContain('api 2.0.0 is live in local, except on h002');
      expect(behind.stdout).toMatch(/behind +h002 was left on 1\.0\.0: cannot log in to h002/);
      expect(behind.stdout).toContain('sluice reconcile api');
      expect(await project.answers()).toEqual(['h001 2.0.0', 'h002 nothing', 'h003 2.0.0']);
      const shown = await project.sluice('show');
      expect(shown.stdout).toMatch(/h002 +out of reach/);

      const away = await project.sluice('reconcile', 'api');
      expect(away.exitCode).toBe(9);
      expect(away.stdout).toContain('h002 cannot be reached: cannot log in to h002');
      expect(away.stdout).toContain(
        'Wherever it can be reached, api is as the last good deployment left it: 2.0.0.',
      );

      await project.host('h002').start();
      const dry = await project.sluice('reconcile', 'api', '--dry-run');
      expect([dry.exitCode, dry.stdout.split('\n')[0]]).toEqual([0, 'h002 runs 1.0.0, should run 2.0.0']);
      expect(await project.answers()).toEqual(['h001 2.0.0', 'h002 nothing', 'h003 2.0.0']);

      // The folder has moved on: h002 was never sent 2.0.0.
      await project.build('3.0.0');
      const moved = await project.sluice('reconcile', 'api');
      expect(moved.exitCode).toBe(9);
      expect(moved.stdout).toMatch(/behind +h002 stays on 1\.0\.0: 2\.0\.0-[0-9a-f]{12} cannot be sent, as /);
      await project.build('2.0.0');
      const right = await project.sluice('reconcile', 'api');
      expect(right.exitCode).toBe(0);
      expect(await project.answers()).toEqual(['h001 2.0.0', 'h002 2.0.0', 'h003 2.0.0']);
      const well = await project.sluice('status', 'api');
      expect([well.exitCode, well.stderr]).toEqual([0, '']);
      const nothing = await project.sluice('reconcile', 'api');
      expect([nothing.exitCode, nothing.stdout]).toEqual([
        0,
        'api is as the last good deployment left it: 2.0.0.\n',
      ]);

      await project.host('h003').stop();
      const again = await project.sluice('deploy', 'api', '2.0.0');
      expect([again.exitCode, again.stderr]).toEqual([9, '']);
      expect(again.stdout).toMatch(
        /^api 2\.0\.0 already runs wherever it can be reached: .*\nh003 cannot be reached: cannot log in to h003/,
      );
    },
    TIMEOUT_MS,
  );

  test(
    'half-way, when the budget is spent: all others are back on one version',
    async () => {
      await using project = await ServersProject.create(4);
      await project.build('1.0.0');
      expect((await project.sluice('deploy', 'api', '1.0.0')).exitCode).toBe(0);

      await project.build('2.0.0', 'h003');
      const deploying = project.begin('deploy', 'api', '2.0.0');
      // Asked in the quickest way: it is given up, and all goes back, six seconds after it runs.
      await waitFor('h003 to run 2.0.0', async () => (await project.ask('h003')) === '2.0.0 on h003', {
        timeoutMs: 60_000,
      });
      await project.host('h001').unplug();
      const { exitCode, stdout } = await deploying.ended;
      expect(exitCode).toBe(4);
      expect(stdout).toMatch(/behind +h001 may run 2\.0\.0 or 1\.0\.0: /);
      expect(await project.answers()).toEqual(['h001 2.0.0', 'h002 1.0.0', 'h003 1.0.0', 'h004 1.0.0']);
      const lost = await project.sluice('status', 'api');
      expect(lost.exitCode).toBe(9);
      expect(lost.stdout).toMatch(/h001 +unreachable/);

      await project.host('h001').plugIn();
      const drift = await project.sluice('status', 'api');
      expect(drift.exitCode).toBe(9);
      expect(drift.stdout).toContain('h001 runs 2.0.0, should run 1.0.0');
      const reconciled = await project.sluice('reconcile', 'api');
      expect(reconciled.stdout.split('\n')[0]).toBe('h001 runs 2.0.0, should run 1.0.0');
      expect(reconciled.exitCode).toBe(0);
      expect(await project.answers()).toEqual(['h001 1.0.0', 'h002 1.0.0', 'h003 1.0.0', 'h004 1.0.0']);
      expect((await project.sluice('status', 'api')).exitCode).toBe(0);
    },
    TIMEOUT_MS,
  );
});

describe.runIf(requiresSshFleet())('status of servers', () => {
  test(
    'names files of the release that were changed, a link elsewhere, and a dead process',
    async () => {
      await using project = await ServersProject.create(2);
      await project.build('1.0.0');
      expect((await project.sluice('deploy', 'api', '1.0.0')).exitCode).toBe(0);
      const clean = await project.sluice('status', 'api', '--verify');
      expect([clean.exitCode, clean.stderr]).toEqual([0, '']);

      const [h001, h002] = project.fleet.hosts;
      const release = (await h001!.exec(['readlink', '-f', '/home/deploy/apps/api/current'])).trim();
      await h001!.exec(['sh', '-c', `echo '// mine' >>${release}/server.js; echo 1 >${release}/notes`]);
      await h002!.exec(['ln', '-sfn', 'releases/0.9.0-000000000000', '/home/deploy/apps/api/current']);
      const changed = JSON.parse((await project.sluice('status', 'api', '--json')).stdout);
      const id = release.slice(release.lastIndexOf('/') + 1);
      expect(changed.services[0].drift).toEqual([
        `h001: ${id} was changed: notes, server.js`,
        `h002: current points to 0.9.0-000000000000, and ${id} runs`,
      ]);

      // Written as if it had been so all the time: seen by reading it.
      const manifest = `/home/deploy/apps/api/.sluice/meta/${id}/manifest`;
      await h001!.exec(['sh', '-c', `cd ${release} && rm notes; touch ${manifest}`]);
      const unseen = JSON.parse((await project.sluice('status', 'api', '--json')).stdout);
      expect(unseen.services[0].drift).toHaveLength(1);
      const run = '/home/deploy/apps/api/.sluice/run/1';
      await h002!.exec(['sh', '-c', `kill -TERM -$(cat ${run}/pid)`]);
      await waitFor('the process to end', () => h002!.exec(['test', '-f', `${run}/exit`]).then(() => true));
      const verified = await project.sluice('status', 'api', '--verify', '--json');
      const [service] = JSON.parse(verified.stdout).services;
      expect(service.drift).toContain(`h001: ${id} was changed: server.js`);
      expect(
        service.instances.map(({ target, state }: { target: string; state: string }) => `${target} ${state}`),
      ).toEqual(['h001 running', 'h002 exited']);
      expect(verified.exitCode).toBe(9);

      const reconciled = await project.sluice('reconcile', 'api');
      expect([reconciled.exitCode, reconciled.stdout.split('\n')[0]]).toEqual([
        0,
        'h002 runs 1.0.0, but not well',
      ]);
      expect(await project.answers()).toEqual(['h001 1.0.0', 'h002 1.0.0']);
    },
    TIMEOUT_MS,
  );
});
