/** Two deployments of one service: the second is refused, waits, or takes the place of the first. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { HelloProject } from './hello-project.ts';
import { Upgrade } from './upgrade.ts';

describe.concurrent('a second deployment at the same time', () => {
  test('is refused, and told who holds the service, since when, doing what; nothing is touched', async () => {
    await using upgrade = await Upgrade.baking();
    const { project, controller } = upgrade;
    const { port } = project;
    project.configure({ port: port + 1 });
    for (const command of [['deploy', 'hello', '1.1.0'], ['rollback'], ['stop']]) {
      const { exitCode, stdout, stderr } = await project.sluice(...command);
      expect([exitCode, stdout]).toEqual([6, '']);
      expect(stderr).toMatch(
        new RegExp(
          `^✗ \\S+@\\S+ pid ${controller.pid} holds hello in local since \\d{4}-\\S+Z: deploying 1\\.1\\.0\n`,
        ),
      );
      const ways = 'hello-2 (1.1.0) was begun by';
      expect(stderr.includes(ways)).toBe(command[0] !== 'stop');
      if (command[0] !== 'stop')
        expect(stderr).toMatch(/with --wait, or take it back and go with --supersede\./);
    }
    project.configure({ port });
    expect(['1.0.0', '1.1.0']).toContain((await project.ask()).version);
  });

  test('with --wait waits for it, and then plans anew and runs', async () => {
    await using upgrade = await Upgrade.waiting();
    const { project } = upgrade;
    await using second = project.start('deploy', 'hello', '2.0.0', '--wait');
    await waitFor('it to wait', () => /^Waiting for .+, deploying 1\.1\.0\.\n/.test(second.stderr));
    project.configure({ strategy: 'rolling' });
    await project.sluice('approve');
    expect((await upgrade.controller.ended).exitCode).toBe(0);
    // It read the config when it began: it has a gate too.
    await waitFor('its own gate', () => second.stdout.includes('sluice approve hello-3'));
    await project.sluice('approve');
    const { exitCode, stdout } = await second.ended;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('hello 1.1.0 → 2.0.0 in local');
    expect(await project.history()).toEqual([
      'hello-3 2.0.0 completed',
      'hello-2 1.1.0 completed',
      'hello-1 1.0.0 completed',
    ]);
  });

  test('that waits can be left with Ctrl-C, and nothing was begun', async () => {
    await using upgrade = await Upgrade.baking();
    await using second = upgrade.project.start('rollback', 'hello', '1.0.0', '--wait');
    await waitFor('it to wait', () => second.stderr.startsWith('Waiting for '));
    second.kill('SIGINT');
    expect(await second.ended).toMatchObject({ signal: 'SIGINT', stdout: '' });
    expect(await upgrade.project.history()).toEqual(['hello-2 1.1.0 null', 'hello-1 1.0.0 completed']);
  });
});

describe.concurrent('--supersede', () => {
  test('aborts the one that is under way, waits until it is back, plans anew and goes', async () => {
    await using upgrade = await Upgrade.baking();
    const { project, controller } = upgrade;
    project.configure({ strategy: 'rolling' });
    const { stdout, stderr, exitCode } = await project.sluice(
      'deploy',
      'hello',
      '2.0.0',
      '--supersede',
      '--as',
      'zoe',
      '--json',
    );
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ deployment: 'hello-3', version: '2.0.0', superseded: 'hello-2' }),
    ]);
    expect(stderr).toMatch(
      /^Superseding hello-2 \(1\.1\.0, by \S+\): it is aborted, and 2\.0\.0 begins once/,
    );
    const first = await controller.ended;
    expect(first.exitCode).toBe(5);
    expect(first.stdout).toMatch(/cause +aborted by zoe \(as \S+@\S+\): superseded by 2\.0\.0/);
    expect(await project.history()).toEqual([
      'hello-3 2.0.0 completed',
      'hello-2 1.1.0 aborted',
      'hello-1 1.0.0 completed',
    ]);
    expect((await upgrade.events('hello-3'))[0]).toMatchObject({ by: expect.stringMatching(/^zoe \(as /) });
  });

  test('takes the place of one that waits for people and whose controller is gone', async () => {
    await using upgrade = await Upgrade.waiting();
    const { project } = upgrade;
    await upgrade.kill();
    const refused = await project.sluice('rollback');
    expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining('go with --supersede.')]);
    project.configure({ strategy: 'rolling' });
    const { exitCode } = await project.sluice('deploy', 'hello', '2.0.0', '--supersede');
    expect(exitCode).toBe(0);
    expect((await project.history()).slice(0, 2)).toEqual([
      'hello-3 2.0.0 completed',
      'hello-2 1.1.0 aborted',
    ]);
  });

  test('with nothing in the way is like without it; a rollback may supersede too', async () => {
    await using upgrade = await Upgrade.baking();
    const { project } = upgrade;
    const { exitCode, stdout } = await project.sluice('rollback', '--supersede');
    // What ran before runs again: there is nothing left to roll back.
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('hello 1.0.0 already runs')]);
    expect((await upgrade.controller.ended).stdout).toMatch(/superseded by a rollback/);
    project.configure({ strategy: 'rolling' });
    expect((await project.sluice('deploy', 'hello', '2.0.0', '--supersede')).exitCode).toBe(0);
  });

  test('of a plan goes where the plan fits what will run, and else aborts nothing', async () => {
    await using upgrade = await Upgrade.baking();
    const { project } = upgrade;
    const digestOf = async (...args: string[]) =>
      (JSON.parse((await project.sluice('plan', ...args, '--json')).stdout) as { plan: { digest: string } })
        .plan.digest;
    project.configure({ strategy: 'rolling' });
    const plan = await digestOf('hello', '2.0.0');
    const first = await project.sluice('apply', plan, '--supersede');
    expect([first.exitCode, await project.history()]).toEqual([
      0,
      ['hello-3 2.0.0 completed', 'hello-2 1.1.0 aborted', 'hello-1 1.0.0 completed'],
    ]);
    // It was made for a fleet of 1.0.0, and this one goes back to 2.0.0.
    await using second = await again(project);
    const refused = await project.sluice('apply', plan, '--supersede');
    expect([refused.exitCode, refused.stderr]).toEqual([7, expect.stringContaining('the fleet has changed')]);
    expect((await project.history())[0]).toBe('hello-4 1.1.0 null');
    second.kill('SIGTERM');
    expect((await second.ended).exitCode).toBe(5);
  });

  test('by two at once: one goes, and the other is told', async () => {
    await using upgrade = await Upgrade.baking();
    const { project } = upgrade;
    project.configure({ strategy: '{ type: rolling, batchSize: 1, pause: 1s }' });
    const both = await Promise.all(
      ['2.0.0', '2.0.1'].map((version) => project.sluice('deploy', 'hello', version, '--supersede')),
    );
    const codes = both.map((one) => String(one.exitCode)).toSorted();
    const history = (await project.history()).slice(0, -2);
    if (codes[1] === '5') {
      // On a busy machine one may be so late that it finds the other's deployment, and takes its place too.
      expect(codes).toEqual(['0', '5']);
      expect(history).toEqual([
        expect.stringMatching(/^hello-4 2\.0\.[01] completed$/),
        expect.stringMatching(/^hello-3 2\.0\.[01] aborted$/),
      ]);
      return;
    }
    expect(codes).toEqual(['0', '6']);
    const loser = both.find((one) => one.exitCode === 6);
    expect(loser?.stderr).toMatch(
      /holds hello in local since .+: deploying 2\.0\.|was begun once hello-2 had been/,
    );
    expect(history).toEqual([expect.stringMatching(/^hello-3 2\.0\.[01] completed$/)]);
  });

  test('that is left with Ctrl-C while it waits has begun nothing, and the abort stands', async () => {
    const more = '    hooks: { onFailure: [{ name: slow, command: [sleep, "2"] }] }';
    await using upgrade = await Upgrade.baking({ more });
    const { project } = upgrade;
    await using second = project.start('deploy', 'hello', '2.0.0', '--supersede');
    await waitFor('it to abort the other', () => second.stderr.startsWith('Superseding hello-2'));
    second.kill('SIGINT');
    expect(await second.ended).toMatchObject({ signal: 'SIGINT', stdout: '' });
    expect((await upgrade.controller.ended).exitCode).toBe(5);
    expect(await project.history()).toEqual(['hello-2 1.1.0 aborted', 'hello-1 1.0.0 completed']);
  });

  test('together with --wait is refused', async () => {
    await using project = await HelloProject.create();
    const { exitCode, stderr } = await project.sluice('deploy', 'hello', '2.0.0', '--supersede', '--wait');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('--wait and --supersede contradict each other'),
    ]);
  });

  test('of what cannot be deployed aborts nothing', async () => {
    await using upgrade = await Upgrade.baking();
    const { project } = upgrade;
    const { exitCode } = await project.sluice('deploy', 'hello', '../2', '--supersede');
    expect([exitCode, (await project.history())[0]]).toEqual([2, 'hello-2 1.1.0 null']);
    expect((await upgrade.events()).some(({ type }) => type === 'signal-received')).toBe(false);
  });

  test('stops where the other could not be brought back', async () => {
    await using project = await HelloProject.create({
      instances: 2,
      strategy: '{ type: rolling, batchSize: 1, inPlace: true }',
      policy: 'healthTimeout: 1s, onFailure: pause',
      check: '{ type: command, command: [test, -e, database], interval: 50ms }',
    });
    writeFileSync(join(project.dir, 'database'), '');
    await project.deploy('1.0.0');
    rmSync(join(project.dir, 'database'));
    project.build('1.1.0');
    await using controller = project.start('deploy', 'hello', '1.1.0');
    await waitFor('the failure', () => controller.stdout.includes('sluice retry hello-2'));
    const { exitCode, stderr } = await project.sluice('deploy', 'hello', '2.0.0', '--supersede');
    expect([exitCode, stderr]).toEqual([
      6,
      expect.stringMatching(/hello-2 \(1\.1\.0\) could not be brought back: /),
    ]);
    expect(stderr).toContain('Nothing of 2.0.0 was begun.');
    expect((await controller.ended).exitCode).toBe(4);
    expect(await project.history()).toEqual(['hello-2 1.1.0 failed', 'hello-1 1.0.0 completed']);
  });
});

/** Another deployment that bakes for longer than the test. */
async function again(project: HelloProject) {
  project.configure({ strategy: '{ type: canary, bake: 30s, stages: [50, 100] }' });
  const started = project.start('deploy', 'hello', '1.1.0');
  await waitFor('it to bake', () => /bake 30 s/.test(started.stdout));
  return started;
}
