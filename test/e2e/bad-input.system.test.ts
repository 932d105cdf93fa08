/** Whatever is typed, and whatever stands in the config: one clear error, and nothing was changed. */
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HelloProject } from './hello-project.ts';
import { expectRefused } from './refused.ts';

/** Answers on a free port, as if it were somebody else's. */
async function occupyPort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((_request, response) => response.end('{"version":"somebody else"}'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

test.concurrent('names that cannot be a version', async () => {
  await using project = await HelloProject.create();
  project.build('1.0.0');
  const versions = [
    '1/0',
    '..',
    '1..0',
    '1\n0',
    '$(touch pwned)',
    '`id`',
    'a b',
    '',
    '1'.repeat(1_000),
    '1.0.0é',
  ];
  const results = await Promise.all(versions.map((version) => project.sluice('deploy', 'hello', version)));
  for (const [index, result] of results.entries()) {
    expectRefused(result, {
      exitCode: 2,
      says: `✗ ${JSON.stringify(versions[index]).slice(0, 40)}`,
      remedy: 'Use 1 to 128 letters, digits, dots, dashes, underscores and plus signs',
    });
    expect(result.stderr.length).toBeLessThan(400);
  }
  expectRefused(await project.sluice('deploy', 'hello', '--', '-rf'), {
    exitCode: 2,
    says: '✗ "-rf" cannot be a version',
  });
  expect(existsSync(join(project.dir, 'pwned'))).toBe(false);
  expect(await project.history()).toEqual([]);
});

test.concurrent('words that nobody knows: the nearest that somebody does is offered', async () => {
  await using project = await HelloProject.create();
  const [verb, option, service, environment, deployment] = await Promise.all([
    project.sluice('deplyo'),
    project.sluice('deploy', '--wiat'),
    project.sluice('deploy', 'helo', '1.0.0'),
    project.sluice('status', '--env', 'locla'),
    project.sluice('show', 'hello-99'),
  ]);
  expect([verb.exitCode, verb.stderr]).toEqual([2, "✗ unknown command 'deplyo'\n  Did you mean deploy?\n"]);
  expect([option.exitCode, option.stderr]).toEqual([
    2,
    "✗ unknown option '--wiat'\n  Did you mean --wait?\n",
  ]);
  expectRefused(service, {
    exitCode: 2,
    says: '✗ there is no service "helo"',
    remedy: 'Did you mean "hello"?',
  });
  expectRefused(environment, {
    exitCode: 2,
    says: '✗ there is no environment "locla"',
    remedy: 'Did you mean "local"?',
  });
  expectRefused(deployment, { exitCode: 2, says: '✗ There is no deployment "hello-99"' });
});

describe.concurrent('the config', () => {
  const CONFIGS: readonly (readonly [what: string, text: string, says: string])[] = [
    [
      'not valid',
      'services: { hello: { command: x, port: 99999 } }',
      ':1:40 services.hello.port: 99999 is more',
    ],
    [
      'misspelt',
      'services: { hello: { command: x, prot: 1 } }',
      'services.hello.prot: unknown key, did you mean',
    ],
    ['from the future', 'version: 99\nservers: {}', ':1:10 version: 99 is made for a newer Sluice'],
    ['half-written', 'services:\n  hello:\n    command: [', 'the file ends too early'],
    ['empty', '', 'is empty'],
  ];

  test('that cannot be used is told with the place of what is wrong; what runs goes on', async () => {
    await using project = await HelloProject.create({ instances: 1 });
    await project.deploy('1.0.0');
    for (const [, text, says] of CONFIGS) {
      writeFileSync(project.configFile, text);
      const result = await project.sluice('deploy', '1.1.0');
      expect([result.exitCode, result.stdout]).toEqual([2, '']);
      expect(result.stderr).toMatch(/^✗ sluice\.config\.yaml/);
      expect(result.stderr).toContain(says);
    }
    rmSync(project.configFile);
    expectRefused(await project.sluice('status'), {
      exitCode: 2,
      says: /^✗ there is no sluice\.config\.yaml in .+ or above$/,
      remedy: 'Write one with `sluice init`.',
    });
    mkdirSync(project.configFile);
    expectRefused(await project.sluice('status'), { exitCode: 2, says: '✗ sluice.config.yaml: is a folder' });
    rmSync(project.configFile, { recursive: true });
    project.configure({});
    expect((await project.ask()).version).toBe('1.0.0');
    expect((await project.status()).well).toBe(true);
  });
});

describe.concurrent('what is to be deployed', () => {
  test('is a folder that is not there, or has a link that leads out of it', async () => {
    await using project = await HelloProject.create({ instances: 1 });
    expectRefused(await project.sluice('deploy', 'hello', '1.0.0'), {
      exitCode: 2,
      says: /^✗ .+app cannot be read: ENOENT/,
      remedy: 'Give a folder that exists and that you may read.',
    });
    project.build('1.0.0');
    symlinkSync('/etc/passwd', join(project.dir, 'app', 'out'));
    expectRefused(await project.sluice('deploy', 'hello', '1.0.0'), {
      exitCode: 2,
      says: /^✗ the link ".+app\/out" points out of the folder, to "\/etc\/passwd"$/,
    });
    expect(await project.history()).toEqual([]);
  });

  test('needs secrets that are not set', async () => {
    await using project = await HelloProject.create({ instances: 1, more: '    secrets: [DB_URL, API_KEY]' });
    project.build('1.0.0');
    const env = { API_KEY: 'hidden-4711', DB_URL: undefined };
    expectRefused(await project.sluiceWith({ env }, 'deploy', 'hello', '1.0.0'), {
      exitCode: 2,
      says: '✗ the environment lacks the secrets DB_URL',
    });
    expect(await project.history()).toEqual([]);
  });

  test('is started by a command that does not exist', async () => {
    await using project = await HelloProject.create({ instances: 2, strategy: 'rolling' });
    await project.deploy('1.0.0');
    const load = project.load();
    project.configure({ command: 'nodee server.js' });
    project.build('1.1.0');
    const refused = await project.sluice('deploy', 'hello', '1.1.0');
    expect(refused.exitCode).toBe(3);
    expect(refused.stdout).toMatch(
      /cause +hello\.1: hello 1\.1\.0 cannot be started on hello\.1: there is no program "nodee"/,
    );
    expect(refused.stdout).toMatch(/serving +1\.0\.0 on 2 of 2 targets, all traffic/);
    expect((await load.stop()).lost).toBe(0);
  });
});

describe.concurrent('a port that somebody else has', () => {
  test('keeps the first deployment from beginning', async () => {
    await using other = await occupyPort();
    await using project = await HelloProject.create({ port: other.port });
    project.build('1.0.0');
    expectRefused(await project.sluice('deploy', 'hello', '1.0.0'), {
      exitCode: 2,
      says: `✗ Cannot listen on 127.0.0.1 port ${other.port}: listen EADDRINUSE`,
      remedy: 'Free the port, or give the service another one.',
    });
    expect(await project.history()).toEqual([]);
    expect((await project.status()).instances).toEqual([]);
    const doctor = await project.sluice('doctor');
    expect(doctor.exitCode).toBe(9);
    expect(doctor.stdout).toContain(`port ${other.port} cannot be had`);
  });

  test('keeps a service that runs where it is', async () => {
    await using other = await occupyPort();
    await using project = await HelloProject.create({ instances: 1 });
    await project.deploy('1.0.0');
    const { port } = project;
    project.configure({ port: other.port });
    project.build('1.1.0');
    expectRefused(await project.sluice('deploy', 'hello', '1.1.0'), {
      exitCode: 2,
      says: `✗ Cannot listen on 127.0.0.1 port ${other.port}`,
    });
    const status = await project.sluice('status');
    expect(status.exitCode).toBe(9);
    expect(status.stdout).toContain(`it listens on port ${port}, the config says ${other.port}`);
    project.configure({ port });
    expect((await project.ask()).version).toBe('1.0.0');
    expect(await project.history()).toEqual(['hello-1 1.0.0 completed']);
  });
});
