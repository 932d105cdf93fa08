import { expect, test } from 'vitest';
import { HelloProject } from './hello-project.ts';

test('a slot that runs nothing is brought to the last good release, and the others stay as they are', async () => {
  await using project = await HelloProject.create({ instances: 2, strategy: '{ type: rolling }' });
  project.build('1.0.0');
  expect((await project.sluice('deploy', 'hello', '1.0.0')).exitCode).toBe(0);
  const pids = await pidsOf(project);
  const nothing = await project.sluice('reconcile');
  expect([nothing.exitCode, nothing.stdout]).toEqual([
    0,
    'hello is as the last good deployment left it: 1.0.0.\n',
  ]);

  project.configure({ instances: 3 });
  const dry = await project.sluice('reconcile', '--dry-run');
  expect([dry.exitCode, dry.stdout.split('\n')[0]]).toEqual([0, 'hello.3 runs nothing, should run 1.0.0']);
  expect((await project.sluice('reconcile')).exitCode).toBe(0);
  const now = await pidsOf(project);
  expect(now.slice(0, 2)).toEqual(pids);
  expect(now).toHaveLength(3);
  expect((await project.sluice('status')).exitCode).toBe(0);
  expect(await project.history()).toEqual(['hello-2 1.0.0 completed', 'hello-1 1.0.0 completed']);
});

test('before there was a good deployment there is nothing to go by', async () => {
  await using project = await HelloProject.create();
  const { exitCode, stderr } = await project.sluice('reconcile');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('no deployment of hello has completed here');
});

async function pidsOf(project: HelloProject): Promise<string[]> {
  const { services } = JSON.parse((await project.sluice('status', '--json')).stdout);
  return services[0].instances.map(({ target, pid }: { target: string; pid: number }) => `${target} ${pid}`);
}
