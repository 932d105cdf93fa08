/** What `sluice plan` shows is what `sluice apply` does, or refuses to do. What a plan looks like: test/cli/render. */
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { HelloProject } from './hello-project.ts';

/** The digest as the plan prints it: `plan 3f9a1c20`. */
function digestIn(stdout: string): string {
  const [, digest] = /plan ([0-9a-f]{8})$/m.exec(stdout) ?? [];
  if (digest === undefined) throw new Error(`no digest in\n${stdout}`);
  return digest;
}

async function planned(
  project: HelloProject,
  ...args: string[]
): Promise<{ digest: string; stdout: string }> {
  const { stdout, stderr, exitCode } = await project.sluice('plan', ...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return { digest: digestIn(stdout), stdout };
}

test.concurrent('of the first deployment; applied by the beginning of its digest', async () => {
  await using project = await HelloProject.create({ instances: 2 });
  project.build('1.0.0');
  const { digest, stdout } = await planned(project, 'hello', '1.0.0');
  expect(stdout).toContain('hello  1.0.0  in local, the first deployment');
  expect(await project.history()).toEqual([]);
  expect((await project.status()).instances).toEqual([]);

  const applied = await project.sluice('apply', digest.slice(0, 6));
  expect(applied.exitCode).toBe(0);
  expect((await project.ask()).version).toBe('1.0.0');
});

test.concurrent('of an upgrade and of a rollback: nothing moves until each is applied', async () => {
  await using project = await HelloProject.create({ instances: 2, strategy: 'rolling' });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  const upgrade = await planned(project, 'hello', '1.1.0');
  expect(upgrade.stdout).toContain('hello  1.0.0 → 1.1.0  in local');
  expect((await project.ask()).version).toBe('1.0.0');
  expect((await project.sluice('apply', upgrade.digest)).exitCode).toBe(0);
  expect((await project.ask()).version).toBe('1.1.0');

  const back = await planned(project, '--rollback');
  expect(back.stdout).toContain('hello  1.1.0 → 1.0.0  in local');
  expect(back.stdout).toContain('rollback · targets hello.1, hello.2');
  expect((await project.ask()).version).toBe('1.1.0');
  expect((await project.sluice('apply', back.digest)).exitCode).toBe(0);
  expect((await project.ask()).version).toBe('1.0.0');
});

test.concurrent('of the release that runs: nothing to do, and applied it does nothing', async () => {
  await using project = await HelloProject.create({ instances: 2 });
  await project.deploy('1.0.0');
  const { digest, stdout } = await planned(project, 'hello', '1.0.0');
  expect(stdout).toContain('All 2 targets run 1.0.0 already: nothing to do.');
  const before = (await project.status()).instances;
  const applied = await project.sluice('apply', digest);
  expect(applied.exitCode).toBe(0);
  expect(applied.stdout).toContain('hello 1.0.0 already runs on all 2 targets');
  expect((await project.status()).instances).toEqual(before);
  expect(await project.history()).toEqual(['hello-1 1.0.0 completed']);
});

test.concurrent('that has gone stale is refused, and nothing moves', async () => {
  await using project = await HelloProject.create({ instances: 2, strategy: 'rolling' });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  const { digest } = await planned(project, 'hello', '1.1.0');
  await project.deploy('1.1.0');

  const refused = await project.sluice('apply', digest);
  expect(refused.exitCode).toBe(7);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toMatch(
    /^✗ the fleet has changed since the plan was made: hello\.1: the plan saw 1\.0\.0-\w+, now 1\.1\.0-\w+; hello\.2/,
  );
  expect(refused.stderr).toContain('Make a new plan.');
  expect(await project.history()).toEqual(['hello-2 1.1.0 completed', 'hello-1 1.0.0 completed']);
});

test.concurrent('whose folder has changed since is refused, before anything moves', async () => {
  await using project = await HelloProject.create({ instances: 2, strategy: 'rolling' });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  const { digest } = await planned(project, 'hello', '1.1.0');
  project.build('1.2.0-broken');

  const refused = await project.sluice('apply', digest);
  expect(refused.exitCode).toBe(3);
  expect(refused.stdout).toContain('app has changed since the plan was made');
  expect((await project.ask()).version).toBe('1.0.0');
});

test.concurrent('that was edited is refused', async () => {
  await using project = await HelloProject.create({ instances: 2, strategy: 'rolling' });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  const { digest } = await planned(project, 'hello', '1.1.0');
  const journal = new Database(project.state('journal.db'));
  journal.exec(`UPDATE plan SET plan = replace(plan, '"onFailure":"rollback"', '"onFailure":"stop"')`);
  expect(journal.prepare('SELECT changes()').pluck().get()).toBe(1);
  journal.close();

  const refused = await project.sluice('apply', digest);
  expect(refused.exitCode).toBe(7);
  expect(refused.stderr).toContain('✗ the plan was edited after it was made: its digest does not fit');
  expect((await project.ask()).version).toBe('1.0.0');
});

test.concurrent('that nobody made cannot be applied, nor one of several with the same beginning', async () => {
  await using project = await HelloProject.create({ instances: 1 });
  project.build('1.0.0');
  await planned(project, 'hello', '1.0.0');
  const unknown = await project.sluice('apply', 'zzz');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('✗ no plan has a digest that begins with "zzz"');
  const empty = await project.sluice('apply', '');
  expect(empty.exitCode).toBe(2);
  expect(empty.stderr).toContain('✗ "" is not the beginning of just one plan');
});
