/** The command line where a server does the work: the same verbs, the same words, the same exit codes. */
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { ServedProject } from './served-project.ts';

const GATED = '{ type: canary, bake: 100ms, stages: [{ percent: 50, gate: Looks good? }, 100] }';
const LONG = '{ type: canary, bake: 4s, stages: [50, 100] }';

describe('from another folder, through a server', () => {
  test('a service is deployed, looked at, refused when it is broken, rolled back and stopped', {
    timeout: 180_000,
  }, async () => {
    await using served = await ServedProject.create();
    const { project } = served;
    project.build('1.0.0');
    const first = await served.sluice('deploy', 'hello', '1.0.0');
    expect([first.exitCode, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain(`hello 1.0.0`);
    expect(await project.ask()).toMatchObject({ version: '1.0.0' });

    const again = await served.sluice('deploy', 'hello', '1.0.0');
    expect([again.exitCode, again.stdout]).toEqual([0, 'hello is as asked already: 1.0.0 runs.\n']);

    project.build('1.1.0');
    const planned = await served.sluice('plan', 'hello', '1.1.0', '--json');
    const { plan } = JSON.parse(planned.stdout) as { plan: { digest: string } };
    expect((await project.sluice('plan', 'hello', '1.1.0', '--json')).exitCode).toBe(0);
    const applied = await served.sluice('apply', plan.digest.slice(0, 8));
    expect([applied.exitCode, applied.stderr]).toEqual([0, '']);
    expect(await project.ask()).toMatchObject({ version: '1.1.0' });

    project.build('1.2.0-broken');
    const refused = await served.sluice('deploy', 'hello', '1.2.0-broken');
    expect(refused.exitCode).toBe(3);
    expect(await project.ask()).toMatchObject({ version: '1.1.0' });

    // What is printed is what the machine of the project prints; ages depend on the moment.
    const looks = [
      ['show', 'hello-3', '--json'],
      ['history', '--json'],
      ['diff', 'hello-1', 'hello-2', '--json'],
      ['diff', 'hello-1', 'hello-2'],
    ];
    for (const args of looks) {
      const [here, there] = await Promise.all([project.sluice(...args), served.sluice(...args)]);
      expect([there.exitCode, there.stdout, there.stderr]).toEqual([here.exitCode, here.stdout, here.stderr]);
    }
    const status = await served.sluice('status');
    expect([status.exitCode, status.stdout.split('\n').slice(0, 3)]).toEqual([
      0,
      ['in local', '', expect.stringMatching(/^✓ hello {2}1\.1\.0/)],
    ]);

    expect((await served.sluice('rollback', 'hello')).exitCode).toBe(0);
    expect(await project.ask()).toMatchObject({ version: '1.0.0' });
    const logs = await served.sluice('logs', 'hello', '--lines', '2');
    expect([logs.exitCode, logs.stderr]).toEqual([0, '']);
    expect(logs.stdout).toMatch(/^hello\.1 1\.0\.0 /m);
    const doctor = await served.sluice('doctor');
    expect([doctor.exitCode, doctor.stderr]).toEqual([0, '']);
    const stopped = await served.sluice('stop', 'hello');
    expect([stopped.exitCode, stopped.stdout]).toEqual([0, 'Stopped hello.\n']);
  });

  test('a gate is answered under the name of the token, and a viewer may only look', {
    timeout: 120_000,
  }, async () => {
    await using served = await ServedProject.create({ strategy: GATED });
    served.project.build('1.0.0');
    expect((await served.sluice('deploy', 'hello', '1.0.0')).exitCode).toBe(0);
    served.project.build('1.1.0');
    await using controller = served.start('deploy', 'hello', '1.1.0');
    await waitFor('the gate', () => controller.stdout.includes('sluice approve hello-2'));

    const viewer = { SLUICE_TOKEN: await served.tokenFor('vera', 'viewer') };
    const forbidden = await served.sluiceWith(viewer, 'approve', 'hello-2');
    expect(forbidden.exitCode).toBe(1);
    expect(forbidden.stderr).toMatch(/may not/);
    expect((await served.sluiceWith(viewer, 'status')).exitCode).toBe(9);

    const approver = { SLUICE_TOKEN: await served.tokenFor('ann', 'approver') };
    const approved = await served.sluiceWith(approver, 'approve', 'hello-2', '-m', 'numbers look good');
    expect([approved.exitCode, approved.stdout]).toEqual([
      0,
      'hello-2: approve received. Watch it: sluice watch hello-2\n',
    ]);
    expect((await controller.ended).exitCode).toBe(0);
    expect((await served.sluice('show', 'hello-2')).stdout).toContain('approved by ann');
  });

  test('a server that is killed in the middle is waited for, and the deployment ends as it would have', {
    timeout: 120_000,
  }, async () => {
    await using served = await ServedProject.create({ strategy: LONG });
    const { project } = served;
    project.build('1.0.0');
    expect((await served.sluice('deploy', 'hello', '1.0.0')).exitCode).toBe(0);
    const load = project.load();
    project.build('1.1.0');
    await using client = served.start('deploy', 'hello', '1.1.0');
    await waitFor('the bake', () => /bake 4 s/.test(client.stdout));
    await served.killServer();
    await served.startServer();
    const { exitCode, stderr } = await client.ended;
    expect(stderr).toMatch(/^The server is away \(.*\); trying again\.\nThe server answers again\.\n$/);
    expect(exitCode).toBe(0);
    expect(await project.ask()).toMatchObject({ version: '1.1.0' });
    expect(await load.stop()).toMatchObject({ lost: 0 });
  });
});

describe('what cannot be', () => {
  test('is refused with its remedy, and nothing is sent', async () => {
    await using served = await ServedProject.create();
    const none = await served.sluiceWith({ SLUICE_TOKEN: undefined }, 'status');
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringMatching(/a token is needed/)]);
    const wrong = await served.sluiceWith({ SLUICE_TOKEN: 'slu_nobody_nothing' }, 'status');
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringMatching(/SLUICE_TOKEN|token/)]);
    const clear = await served.sluiceWith({ SLUICE_SERVER: 'http://192.0.2.1:8470' }, 'status');
    expect([clear.exitCode, clear.stderr]).toEqual([2, expect.stringMatching(/must not travel/)]);
    const local = await served.sluice('prune', 'hello');
    expect([local.exitCode, local.stderr]).toEqual([2, expect.stringMatching(/is not done by a server/)]);
    const as = await served.sluice('deploy', 'hello', '1.0.0', '--as', 'bob');
    expect([as.exitCode, as.stderr]).toEqual([2, expect.stringMatching(/--as is not for a server/)]);
    await served.killServer();
    const away = await served.sluice('status');
    expect([away.exitCode, away.stderr]).toEqual([1, expect.stringMatching(/cannot be reached/)]);
  });
});
