/** What was taken out of the config and still runs: services, and whole environments. */
import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/wait-for.ts';
import { type HelloProject as Hello, HelloProject } from './hello-project.ts';

/** A config with these services, each of one instance, all of them what is in `app`. */
function write(project: Hello, ports: Readonly<Record<string, number>>, more = ''): void {
  const services = Object.entries(ports).map(
    ([name, port]) => `
  ${name}: { folder: app, command: node server.js, instances: 1, port: ${port}, strategy: rolling }`,
  );
  writeFileSync(project.configFile, `services:${services.join('')}\n${more}`);
}

async function reaches(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function withTwo(): Promise<{ project: Hello; kept: number; old: number }> {
  const project = await HelloProject.create();
  project.build('1.0.0');
  const [kept, old] = [await freePort(), await freePort()];
  write(project, { kept, old });
  for (const name of ['kept', 'old']) {
    const { exitCode, stderr } = await project.sluice('deploy', name, '1.0.0');
    expect([exitCode, stderr]).toEqual([0, '']);
  }
  return { project, kept, old };
}

describe.concurrent('a service that is taken out of the config', () => {
  test('is named by status with the command that ends it, and that command ends it', async () => {
    const { project, kept, old } = await withTwo();
    await using _ = project;
    expect((await project.sluice('status')).exitCode).toBe(0);
    write(project, { kept });
    const status = await project.sluice('status');
    expect([status.exitCode, status.stderr]).toEqual([9, '']);
    expect(status.stdout).toMatch(
      /\n\n! old is not in the config, and runs: 1 instance of 1\.0\.0\n {2}sluice stop old ends it\n$/,
    );
    const json = JSON.parse((await project.sluice('status', '--json')).stdout) as { orphans: unknown };
    expect(json.orphans).toEqual([
      {
        service: 'old',
        environment: 'local',
        instances: 1,
        releases: [expect.stringMatching(/^1\.0\.0-/)],
        stop: 'sluice stop old',
      },
    ]);
    // Of one service it tells only what was asked for.
    expect((await project.sluice('status', 'kept')).exitCode).toBe(0);

    expect(await reaches(old)).toBe(true);
    const stop = await project.sluice('stop', 'old');
    expect([stop.exitCode, stop.stdout, stop.stderr]).toEqual([0, 'Stopped old.\n', '']);
    expect([await reaches(old), await reaches(kept)]).toEqual([false, true]);
    expect((await project.sluice('status')).exitCode).toBe(0);
    const again = await project.sluice('stop', 'old');
    expect([again.exitCode, again.stderr.split('\n')[0]]).toEqual([2, '✗ there is no service "old"']);
  });

  test('is stopped under its lease: not while somebody deploys it', async () => {
    const project = await HelloProject.create({
      instances: 1,
      strategy: '{ type: blueGreen, gate: go? }',
    });
    await using _ = project;
    await project.deploy('1.0.0');
    project.build('1.1.0');
    const deploy = project.start('deploy', 'hello', '1.1.0');
    await waitFor('the gate', async () =>
      (await project.sluice('status')).stdout.includes('waits for approval'),
    );
    const { port } = project;
    write(project, { kept: await freePort() });
    const busy = await project.sluice('stop', 'hello');
    expect(busy.exitCode).toBe(6);
    expect(busy.stderr).toContain('hello in local');
    expect(await reaches(port)).toBe(true);
    deploy.kill('SIGKILL');
    await deploy.ended;

    // What its controller has left is ended with it: without the config nobody could go on.
    const stop = await project.sluiceWith({ env: { SLUICE_USER: 'ann' } }, 'stop', 'hello');
    expect([stop.exitCode, stop.stderr]).toEqual([0, expect.not.stringContaining('✗')]);
    expect(await reaches(port)).toBe(false);
    expect(await project.history()).toEqual(['hello-2 1.1.0 failed', 'hello-1 1.0.0 completed']);
    const show = await project.sluice('show', 'hello-2');
    expect(show.stdout).toMatch(/cause +ann \(as .*\) stopped hello, which is not in the config any more/);
    project.configure({});
    await project.deploy('1.1.0');
    expect((await project.ask()).version).toBe('1.1.0');
  });

  test('goes with all the others', async () => {
    const { project, kept, old } = await withTwo();
    await using _ = project;
    write(project, { kept });
    const { exitCode, stdout } = await project.sluice('stop', '--all');
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^Stopped kept, old\./)]);
    expect([await reaches(old), await reaches(kept)]).toEqual([false, false]);
  });
});

describe.concurrent('an environment that is taken out of the config', () => {
  test('is named by status of the others, service by service', async () => {
    const { project, kept, old } = await withTwo();
    await using _ = project;
    // With the first name of an environment, the one that had none is gone.
    write(project, { kept: await freePort() }, 'environments: { production: {} }\n');
    const status = await project.sluice('status');
    expect(status.exitCode).toBe(9);
    expect(status.stdout).toContain(
      '! kept in local, which is not in the config, and runs: 1 instance of 1.0.0\n' +
        '  sluice stop kept --env local ends it\n' +
        '\n' +
        '! old in local, which is not in the config, and runs: 1 instance of 1.0.0\n' +
        '  sluice stop old --env local ends it\n',
    );
    expect((await project.sluice('stop', 'kept', '--env', 'local')).stdout).toBe('Stopped kept.\n');
    expect([await reaches(old), await reaches(kept)]).toEqual([true, false]);
    expect((await project.sluice('stop', '--all', '--env', 'local')).stdout).toBe('Stopped old.\n');
    expect(await reaches(old)).toBe(false);
    expect((await project.sluice('status')).stdout).not.toContain('not in the config');
    expect((await project.sluice('stop', '--all', '--env', 'local')).stdout).toBe('Nothing runs.\n');
  });

  test('that never was is no such thing, and nothing is made of it', async () => {
    await using project = await HelloProject.create();
    for (const name of ['nowhere', '../app', 'journal.db']) {
      const { exitCode, stderr } = await project.sluice('stop', 'hello', '--env', name);
      expect([name, exitCode]).toEqual([name, 2]);
      expect(stderr).toMatch(/^✗ (there is no environment|".*" cannot be the name of an environment)/);
      expect(existsSync(project.state(name))).toBe(name === 'journal.db');
    }
    await project.sluice('status');
    expect(existsSync(project.state('local', 'supervisor.log'))).toBe(false);
  });
});
