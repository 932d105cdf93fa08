/** What changes besides the version: how many instances there are, the port, the hosts, the environment; and stopping. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/wait-for.ts';
import { type HelloProject as Hello, HelloProject } from './hello-project.ts';

/** The pids of the instances, by target. */
async function pidsOf(project: Hello): Promise<Record<string, number>> {
  const { instances } = (await project.status()) as { instances: { target: string; pid: number }[] };
  return Object.fromEntries(instances.map(({ target, pid }) => [target, pid]));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What a service says to a request for a host. */
function askHost(port: number, host: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((answered, failed) => {
    get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => answered({ status: response.statusCode ?? 0, body }));
    }).once('error', failed);
  });
}

describe.concurrent('the number of instances', () => {
  test('more: those that are new are started, the others are left alone', async () => {
    await using project = await HelloProject.create({ instances: 2 });
    await project.deploy('1.0.0');
    const before = await pidsOf(project);
    const load = project.load();
    project.configure({ instances: 4 });
    const status = await project.sluice('status');
    expect(status.exitCode).toBe(9);
    expect(status.stdout).toContain('hello.3 runs nothing, should run 1.0.0');
    await project.deploy('1.0.0');
    const after = await pidsOf(project);
    expect(Object.keys(after).toSorted()).toEqual(['hello.1', 'hello.2', 'hello.3', 'hello.4']);
    expect(after).toMatchObject(before);
    expect((await load.stop()).lost).toBe(0);
  });

  test('fewer, of the same release: those that leave are stopped, the others are left alone', async () => {
    await using project = await HelloProject.create({ instances: 4 });
    await project.deploy('1.0.0');
    const { 'hello.1': first, 'hello.2': second, ...leaving } = await pidsOf(project);
    const load = project.load();
    project.configure({ instances: 2 });
    const plan = await project.sluice('plan', 'hello', '1.0.0');
    expect(plan.stdout).toContain('hello.1, hello.2 have it already · hello.3, hello.4 leave');
    const { stdout } = await project.deploy('1.0.0');
    expect(stdout).toContain('serving   1.0.0 on 2 of 2 targets, all traffic');
    expect(await pidsOf(project)).toEqual({ 'hello.1': first, 'hello.2': second });
    expect(Object.values(leaving).filter(isAlive)).toEqual([]);
    expect((await project.status()).well).toBe(true);
    expect((await load.stop()).lost).toBe(0);
  });

  test('fewer, with another release: only as many are brought up', async () => {
    await using project = await HelloProject.create({ instances: 4, strategy: 'rolling' });
    await project.deploy('1.0.0');
    const before = await pidsOf(project);
    const load = project.load();
    project.configure({ instances: 2 });
    await project.deploy('1.1.0');
    expect(Object.keys(await pidsOf(project))).toEqual(['hello.1', 'hello.2']);
    expect(Object.values(before).filter(isAlive)).toEqual([]);
    expect((await load.stop()).lost).toBe(0);
  });

  test('fewer, with a release that fails: all are as before', async () => {
    await using project = await HelloProject.create({ instances: 3, strategy: 'rolling' });
    await project.deploy('1.0.0');
    const before = await pidsOf(project);
    project.configure({ instances: 2 });
    await project.deploy('1.2.2-crash', 3);
    expect(await pidsOf(project)).toEqual(before);
  });
});

test.concurrent('another port: told by status, opened by the next deploy, also of the same release', async () => {
  await using project = await HelloProject.create({ instances: 1 });
  await project.deploy('1.0.0');
  const before = await pidsOf(project);
  const { url: old, port } = project;
  project.configure({ port: await freePort() });
  const status = await project.sluice('status');
  expect(status.exitCode).toBe(9);
  expect(status.stdout).toContain(`it listens on port ${port}, the config says ${project.port}`);

  const { stdout } = await project.deploy('1.0.0');
  expect(stdout).toBe(`hello 1.0.0 already runs: http://localhost:${project.port}/\n`);
  expect((await project.ask()).version).toBe('1.0.0');
  await expect(fetch(old)).rejects.toThrow('fetch failed');
  expect(await pidsOf(project)).toEqual(before);
  expect((await project.status()).well).toBe(true);
});

test.concurrent('two services share a port by their hosts, and two environments a machine', async () => {
  await using project = await HelloProject.create();
  project.build('1.0.0');
  const [port, other] = [await freePort(), await freePort()];
  const service = (name: string, version: string) => `
  ${name}: { folder: releases/${version}, command: node server.js, instances: 1, port: ${port}, hosts: [${name}.localhost] }`;
  const moved = `{ services: { web: { port: ${other} }, api: { port: ${other} } } }`;
  writeFileSync(
    project.configFile,
    `services:${service('web', '1.0.0')}${service('api', '1.1.0')}
defaultEnvironment: staging
environments:
  staging: {}
  production: ${moved}
`,
  );
  for (const command of ['deploy web 1.0.0', 'deploy api 1.1.0', 'deploy web 1.0.0 --env production']) {
    const { exitCode, stdout, stderr } = await project.sluice(...command.split(' '));
    expect([exitCode, stdout, stderr]).toEqual([0, expect.stringContaining('is live in'), '']);
  }
  expect((await askHost(port, 'web.localhost')).body).toContain('"version":"1.0.0"');
  expect((await askHost(port, `api.localhost:${port}`)).body).toContain('"version":"1.1.0"');
  expect((await askHost(port, 'localhost')).status).toBe(404);
  expect((await askHost(other, 'web.localhost')).body).toContain('"target":"web.1"');

  const ambiguous = await project.sluice('deploy', '1.1.0');
  expect([ambiguous.exitCode, ambiguous.stderr.split('\n')[0]]).toEqual([
    2,
    '✗ "1.1.0" is not a service of this project',
  ]);
  expect((await project.sluice('stop', 'web')).stdout).toMatch(/^Stopped web\./);
  expect((await askHost(port, 'web.localhost')).status).toBe(404);
  expect((await askHost(port, 'api.localhost')).status).toBe(200);
  expect((await askHost(other, 'web.localhost')).status).toBe(200);
  expect((await project.sluice('stop', '--all', '--env', 'production')).exitCode).toBe(0);
  expect((await project.sluice('status')).stdout).toContain('api  1.1.0 on 1 of 1 target, healthy');
});

test.concurrent('the release that runs, but not well everywhere: deploy brings it up again, or says why not', async () => {
  await using project = await HelloProject.create({ instances: 2, policy: 'healthTimeout: 1s' });
  const database = join(project.dir, 'database');
  writeFileSync(database, '');
  project.configure({ command: `'test -e ${database} && exec node server.js'` });
  await project.deploy('1.0.0');
  const load = project.load();
  rmSync(database);
  process.kill((await pidsOf(project))['hello.1'] ?? 0, 'SIGKILL');
  await waitFor('it to crash again', async () => (await pidsOf(project))['hello.1'] === null);

  const plan = await project.sluice('plan', 'hello', '1.0.0');
  expect(plan.stdout).toContain('not all of them well: those are brought up again.');
  const { stdout } = await project.deploy('1.0.0', 3);
  expect(stdout).toMatch(/cause +hello\.1 ended instead of becoming healthy \(exit code 1\)/);
  expect(stdout).toMatch(/serving +1\.0\.0 on 1 of 2 targets, all traffic\n +nothing on hello\.1/);

  writeFileSync(database, '');
  await project.deploy('1.0.0');
  expect((await project.status()).well).toBe(true);
  expect((await load.stop()).lost).toBe(0);
});

describe.concurrent('the same version with another content', () => {
  test('by its name is simply another release, told apart by its digest; rollback finds the one before', async () => {
    await using project = await HelloProject.create({ instances: 1, strategy: 'rolling' });
    await project.deploy('1.0.0');
    project.build('1.1.0');
    const { exitCode, stdout } = await project.sluice('deploy', 'hello', '1.0.0');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/hello 1\.0\.0 \(\w{7}\) → 1\.0\.0 \(\w{7}\) in local/);
    expect((await project.ask()).version).toBe('1.1.0');
    expect((await project.sluice('rollback')).exitCode).toBe(0);
    expect((await project.ask()).version).toBe('1.0.0');
  });

  test('without a name gets the beginning of its digest', async () => {
    await using project = await HelloProject.create({ instances: 1, strategy: 'rolling' });
    const versions: string[] = [];
    for (const version of ['1.0.0', '1.1.0'] as const) {
      project.build(version);
      writeFileSync(`${project.dir}/app/package.json`, '{ "version": "3.0.0", "type": "module" }');
      const { stdout } = await project.sluice('deploy', '--json');
      versions.push((JSON.parse(stdout) as { version: string }).version);
    }
    expect(versions).toEqual(['3.0.0', expect.stringMatching(/^3\.0\.0\+[0-9a-f]{7}$/)]);
  });
});

describe.concurrent('stop', () => {
  test('ends everything; deploy starts it again, and so does rollback', async () => {
    await using project = await HelloProject.create({ instances: 2, strategy: 'rolling' });
    await project.deploy('1.0.0');
    const pids = Object.values(await pidsOf(project));
    expect((await project.sluice('stop')).stdout).toMatch(/^Stopped hello\./);
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(fetch(project.url)).rejects.toThrow('fetch failed');
    expect((await project.status()).instances).toEqual([]);
    const again = await project.sluice('stop');
    expect([again.exitCode, again.stdout]).toEqual([0, 'Nothing of hello runs.\n']);

    await project.deploy('1.0.0');
    expect((await project.ask()).version).toBe('1.0.0');
    await project.sluice('stop', '--all');
    expect((await project.sluice('rollback')).exitCode).toBe(0);
    expect((await project.ask()).version).toBe('1.0.0');
  });

  test('and all that only looks starts no supervisor', async () => {
    await using project = await HelloProject.create();
    project.build('1.0.0');
    for (const command of [
      'status',
      'history',
      'plan',
      'doctor',
      'logs',
      'show',
      'config',
      'rollback',
      'stop',
    ]) {
      await project.sluice(command);
    }
    await project.sluice('stop', '--all');
    expect(existsSync(project.state('local', 'supervisor.log'))).toBe(false);
  });
});
