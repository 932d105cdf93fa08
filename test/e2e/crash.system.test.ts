/**
 * What dies, and what the users of the service notice: nothing, where a retry can save it. What cannot be
 * saved is in docs/reliability.md.
 */
import { expect, test } from 'vitest';
import { Load } from '../../scripts/demo/load.ts';
import { waitFor } from '../support/wait-for.ts';
import { HelloProject } from './hello-project.ts';

test.concurrent('SIGKILL of the controller in a canary under load: nothing lost, the next command finishes it', async () => {
  await using project = await HelloProject.create({
    strategy: '{ type: canary, bake: 1s, stages: [10, 50, 100] }',
  });
  await project.deploy('1.0.0');
  const load = new Load(project.url);
  load.start();

  project.build('1.1.0');
  const controller = project.start('deploy', 'hello', '1.1.0');
  await waitFor('the first share of traffic', async () => (await project.ask()).version === '1.1.0');
  controller.kill('SIGKILL');
  await controller.ended;

  const left = await project.status();
  expect(left.unfinished).toMatchObject({ id: 'hello-2', version: '1.1.0', attended: false });

  const resumed = await project.sluice('resume');
  expect(resumed.stdout).toContain('1.1.0');
  expect(resumed.exitCode).toBe(0);
  const { lost, sent } = await load.stop();
  expect({ lost, enough: sent > 100 }).toEqual({ lost: 0, enough: true });
  expect((await project.ask()).version).toBe('1.1.0');
  const after = await project.status();
  expect(after.unfinished).toBeNull();
});

test.concurrent('after SIGKILL of the controller, the next deploy finishes what was left, then does its own', async () => {
  await using project = await HelloProject.create({
    strategy: '{ type: canary, bake: 1s, stages: [10, 50, 100] }',
  });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  const controller = project.start('deploy', 'hello', '1.1.0');
  await waitFor('the first share of traffic', async () => (await project.ask()).version === '1.1.0');
  controller.kill('SIGKILL');
  await controller.ended;

  const next = await project.sluice('rollback', 'hello', '1.0.0');
  expect(next.stderr).toContain('hello-2 (1.1.0) was left in the middle');
  expect(next.exitCode).toBe(0);
  expect((await project.ask()).version).toBe('1.0.0');
  const { stdout } = await project.sluice('history', '--json');
  const { deployments } = JSON.parse(stdout) as { deployments: { id: string; outcome: string }[] };
  expect(deployments.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
    'hello-3 completed',
    'hello-2 completed',
    'hello-1 completed',
  ]);
});

test.concurrent('SIGKILL of an instance under load: nothing lost, and it is started again', async () => {
  await using project = await HelloProject.create();
  await project.deploy('1.0.0');
  const load = new Load(project.url);
  load.start();
  const [victim] = (await project.status()).instances as { target: string; pid: number }[];
  process.kill((victim as { pid: number }).pid, 'SIGKILL');
  await waitFor('the instance to be back', async () => {
    const targets = (await project.status()).instances as { target: string; pid: number; health: string }[];
    const again = targets.find((one) => one.target === victim?.target);
    return again?.pid !== victim?.pid && again?.health === 'healthy';
  });
  expect((await load.stop()).lost).toBe(0);
});

test.concurrent('SIGKILL of the supervisor: the processes live, and the next command adopts them', async () => {
  await using project = await HelloProject.create();
  await project.deploy('1.0.0');
  const pidsOf = async () => ((await project.status()).instances as { pid: number }[]).map(({ pid }) => pid);
  const before = await pidsOf();
  process.kill(await project.supervisorPid(), 'SIGKILL');
  expect(await pidsOf()).toEqual(before);
  expect((await project.ask()).version).toBe('1.0.0');
});

test.concurrent('SIGKILL of the supervisor, and nobody types a command: it is back by itself, and so is the router', async () => {
  await using project = await HelloProject.create();
  await project.deploy('1.0.0');
  const before = await project.supervisorPid();
  const load = new Load(project.url);
  load.start();
  process.kill(before, 'SIGKILL');
  const killedAt = performance.now();
  await waitFor('another supervisor', async () => (await project.supervisorPid()) !== before);
  const answer = await waitFor('the router to answer', () => project.ask().catch(() => null));
  expect(answer.version).toBe('1.0.0');
  expect(performance.now() - killedAt).toBeLessThan(5_000);
  expect((await load.stop()).sent).toBeGreaterThan(0);
});

test.concurrent('the terminal that started everything closes: nothing changes', async () => {
  await using project = await HelloProject.create();
  project.build('1.0.0');
  // A shell that is the parent of the command, and dies right after it with its whole process group.
  const shell = project.start('deploy', 'hello', '1.0.0');
  await shell.ended;
  expect((await project.ask()).version).toBe('1.0.0');
  const parent = Number(
    (await import('node:fs'))
      .readFileSync(`/proc/${await project.supervisorPid()}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ')[1],
  );
  expect(parent).not.toBe(process.pid);
});
