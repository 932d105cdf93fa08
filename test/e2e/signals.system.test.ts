/** Two terminals and one deployment: what people ask of it from elsewhere, and what others are told of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { HelloProject } from './hello-project.ts';
import { GATED, Upgrade } from './upgrade.ts';

describe.concurrent('a gate', () => {
  test('is told by status and watch, and opened from another terminal', async () => {
    await using upgrade = await Upgrade.waiting();
    const { project, controller } = upgrade;
    const status = await project.sluice('status');
    expect(status.exitCode).toBe(9);
    expect(status.stdout).toMatch(
      /hello-2 \(1\.1\.0\) waits for approval, "Looks good\?", .+ looks after it/,
    );
    expect(status.stdout).toContain('sluice approve hello-2 goes on   sluice reject hello-2 goes back');

    await using watcher = project.start('watch');
    await waitFor('the watcher to see the gate', () => watcher.stdout.includes('ask "Looks good?"'));
    const approved = await project.sluice('approve', '-m', 'the numbers look good');
    expect(approved.stdout).toBe('hello-2: approve received. Watch it: sluice watch hello-2\n');

    const [seen, done] = await Promise.all([watcher.ended, controller.ended]);
    expect([approved.exitCode, seen.exitCode, done.exitCode]).toEqual([0, 0, 0]);
    for (const { stdout } of [seen, done]) {
      expect(stdout).toContain('approve (the numbers look good)');
      expect(stdout).toContain('✓ hello 1.1.0 is live in local');
    }
  });

  test('that is answered with no turns the deployment back', async () => {
    await using upgrade = await Upgrade.waiting();
    const rejected = await upgrade.project.sluice('reject', 'hello-2', '-m', 'errors doubled');
    expect(rejected.exitCode).toBe(0);
    const { exitCode, stdout } = await upgrade.controller.ended;
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/cause +"Looks good\?" rejected by .+: errors doubled/);
    expect((await upgrade.project.ask()).version).toBe('1.0.0');
  });

  test('is passed by promote, and all that is left by promote --full', async () => {
    await using upgrade = await Upgrade.begin(/5\/\d+ +bake 30 s/, {
      strategy: '{ type: canary, bake: 30s, stages: [{ percent: 50, gate: Looks good? }, 100] }',
    });
    await upgrade.project.sluice('promote');
    await upgrade.shows(/sluice approve hello-2/);
    await upgrade.project.sluice('promote', '--full');
    expect((await upgrade.controller.ended).exitCode).toBe(0);
    expect((await upgrade.project.ask()).version).toBe('1.1.0');
  });
});

test.concurrent('pause holds it, resume lets it go on; what cannot be taken is refused', async () => {
  await using upgrade = await Upgrade.waiting();
  const { project } = upgrade;
  expect((await project.sluice('pause', '-m', 'lunch')).exitCode).toBe(0);
  const status = await project.sluice('status');
  expect(status.stdout).toMatch(/hello-2 \(1\.1\.0\) is paused, .+ looks after it/);
  expect(status.stdout).toContain('sluice resume hello-2 goes on');
  const again = await project.sluice('pause');
  expect([again.exitCode, again.stderr.split('\n')[0]]).toEqual([
    2,
    '✗ cannot pause hello-2: it is paused already',
  ]);
  expect((await project.sluice('resume')).exitCode).toBe(0);
  const resumed = await project.sluice('resume');
  expect([resumed.exitCode, resumed.stderr.split('\n')[0]]).toEqual([
    2,
    '✗ cannot resume hello-2: it is not paused',
  ]);
  await project.sluice('approve');
  expect((await upgrade.controller.ended).exitCode).toBe(0);
  const late = await project.sluice('abort', 'hello-2');
  expect([late.exitCode, late.stderr.split('\n')[0]]).toEqual([
    2,
    '✗ cannot abort hello-2: the deployment has ended: completed',
  ]);
});

test.concurrent('abort, from a second terminal: rolled back in the first, and watched with the same exit code', async () => {
  await using upgrade = await Upgrade.baking();
  await using watcher = upgrade.project.start('watch', 'hello');
  await waitFor('the watcher to see the bake', () => watcher.stdout.includes('bake 30 s'));
  expect((await upgrade.project.sluice('abort', 'hello', '-m', 'not today')).exitCode).toBe(0);
  const { exitCode, stdout } = await upgrade.controller.ended;
  expect([exitCode, (await watcher.ended).exitCode]).toEqual([5, 5]);
  expect(stdout).toContain('↩ hello 1.1.0 was aborted and rolled back in local; 1.0.0 serves');
  expect(stdout).toMatch(/cause +aborted by .+: not today/);
});

test.concurrent('retry, with onFailure: pause, goes on where it failed once the cause is gone', async () => {
  await using project = await HelloProject.create({
    instances: 2,
    strategy: '{ type: rolling, batchSize: 1 }',
    policy: 'healthTimeout: 1s, onFailure: pause',
    check: '{ type: command, command: [test, -e, database], interval: 50ms }',
  });
  const database = join(project.dir, 'database');
  project.build('1.0.0');
  await using controller = project.start('deploy', 'hello', '1.0.0');
  await waitFor('the failure', () => controller.stdout.includes('sluice retry hello-1'));
  expect((await project.sluice('promote')).stderr).toContain('a failure cannot be promoted: retry or abort');
  writeFileSync(database, '');
  expect((await project.sluice('retry')).exitCode).toBe(0);
  const { exitCode, stdout } = await controller.ended;
  expect(exitCode).toBe(0);
  expect(stdout).toContain('✓ hello 1.0.0 is live in local');
});

describe.concurrent('a controller', () => {
  test('that is told to end aborts and rolls back', async () => {
    await using upgrade = await Upgrade.baking();
    upgrade.controller.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await upgrade.controller.ended;
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^Aborting and rolling back\. Ctrl-C again leaves it as it is/);
    expect(stdout).toMatch(/cause +aborted by .+: SIGTERM/);
  });

  test('that is told to end twice leaves, and whoever resumes it sees the whole story', async () => {
    const more = '    hooks: { onFailure: [{ name: slow, command: [sleep, "2"] }] }';
    await using upgrade = await Upgrade.begin(/sluice approve hello-2/, { strategy: GATED, more });
    const { project, controller } = upgrade;
    controller.kill('SIGINT');
    await upgrade.shows(/clear away 1\.1\.0 +ok/);
    controller.kill('SIGINT');
    const left = await controller.ended;
    expect(left.exitCode).toBe(8);
    expect(left.stderr).toContain('Left hello-2 as it is. Go on with it: sluice resume hello-2.');

    const resumed = await project.sluice('resume');
    expect(resumed.exitCode).toBe(5);
    expect(resumed.stdout).toMatch(/ask "Looks good\?"[\s\S]+abort \(Ctrl-C\)[\s\S]+hook slow[\s\S]+aborted/);
    expect((await project.ask()).version).toBe('1.0.0');
  });

  test('whose terminal is closed, or whose output nobody reads, goes on', async () => {
    await using upgrade = await Upgrade.waiting();
    const { project, controller } = upgrade;
    controller.kill('SIGHUP');
    controller.closeOutput();
    expect((await project.sluice('approve')).exitCode).toBe(0);
    await waitFor('the end', async () => (await project.history())[0] === 'hello-2 1.1.0 completed');
    expect((await controller.ended).exitCode).toBe(0);
  });
});

describe.concurrent('a deployment that was left', () => {
  test('at a gate is in the way until somebody has decided; who decides becomes its controller', async () => {
    await using upgrade = await Upgrade.waiting();
    const { project } = upgrade;
    await upgrade.kill();
    const status = await project.sluice('status');
    expect(status.stdout).toMatch(
      /hello-2 \(1\.1\.0\) waits for approval, "Looks good\?", its controller is gone/,
    );

    const next = await project.sluice('deploy', 'hello', '2.0.0');
    expect(next.exitCode).toBe(6);
    expect(next.stderr).toContain('✗ hello-2 (1.1.0) waits for approval');
    expect(next.stderr).toContain('sluice approve hello-2 (goes on), or sluice reject hello-2 (goes back)');
    const stopped = await project.sluice('stop');
    expect(stopped.exitCode).toBe(6);
    expect(stopped.stderr).toContain('✗ hello-2 (1.1.0) has not ended');

    const approved = await project.sluice('approve');
    expect(approved.stderr).toContain('No controller looks after hello-2; going on with it here.');
    expect(approved.stdout).toMatch(/1\/\d+ +stage 1\.1\.0 on 2 targets +ok/);
    expect(approved.stdout).toContain('✓ hello 1.1.0 is live in local');
    expect(approved.exitCode).toBe(0);
  });

  test('paused is in the way too; abort takes it back', async () => {
    await using upgrade = await Upgrade.baking();
    const { project } = upgrade;
    await project.sluice('pause', '-m', 'lunch');
    await upgrade.kill();
    const next = await project.sluice('rollback', 'hello', '1.0.0');
    expect(next.exitCode).toBe(6);
    expect(next.stderr).toMatch(/✗ hello-2 \(1\.1\.0\) is paused \(paused by .+: lunch\)/);
    const aborted = await project.sluice('abort');
    expect(aborted.exitCode).toBe(5);
    expect((await project.ask()).version).toBe('1.0.0');
  });
});
