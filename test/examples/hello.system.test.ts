import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProcess, type StartedProcess, startProcess } from '../support/run-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/hello');

let releases: TemporaryFolder;

beforeAll(async () => {
  releases = await temporaryFolder();
  const built = await runProcess([process.execPath, join(EXAMPLE, 'build.js'), releases.path]);
  expect(built.exitCode).toBe(0);
});

afterAll(() => releases[Symbol.asyncDispose]());

function start(version: string): StartedProcess {
  return startProcess([process.execPath, join(releases.path, version, 'server.js')], {
    env: { PORT: '0', SLUICE_TARGET: 'web-1' },
  });
}

/** The port, read from what the server prints once it listens. */
function portOf(service: StartedProcess): Promise<number> {
  return waitFor('the service to listen', () => {
    const listening = /listens on 127\.0\.0\.1:(\d+)/.exec(service.stdout);
    return listening && Number(listening[1]);
  });
}

async function ask(port: number, path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: await response.json() };
}

test('the build makes a folder a version, each with all it needs', async () => {
  expect((await readdir(releases.path)).toSorted()).toEqual([
    '1.0.0',
    '1.1.0',
    '1.2.0-broken',
    '1.2.1-silent',
    '1.2.2-crash',
  ]);
  expect((await readdir(join(releases.path, '1.0.0'))).toSorted()).toEqual([
    'package.json',
    'server.js',
    'version.json',
  ]);
});

describe.each(['1.0.0', '1.1.0'])('%s', (version) => {
  test('tells its version and target, and that it is well', async () => {
    await using service = start(version);
    const port = await portOf(service);
    expect(await ask(port, '/')).toEqual({
      status: 200,
      body: { service: 'hello', version, target: 'web-1' },
    });
    expect(await ask(port, '/healthz')).toEqual({ status: 200, body: { status: 'ok', version } });
    expect(await ask(port, '/none')).toEqual({ status: 404, body: { error: 'there is no /none' } });
  });
});

test('on SIGTERM it answers what is under way, refuses new connections, and exits', async () => {
  await using service = start('1.0.0');
  const port = await portOf(service);
  using agent = keepAliveAgent();
  const slow = get({ port, agent, path: '/slow?ms=300' });
  const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
  await once(slow, 'finish');
  // The server takes connections in their order: once this one has its answer, the slow one is under way.
  await ask(port, '/');
  service.kill('SIGTERM');
  await waitFor('the service to stop listening', () => service.stdout.includes('stops'));

  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
  const [response] = await answered;
  expect(response.resume().statusCode).toBe(200);
  expect(await service.ended).toMatchObject({ exitCode: 0, signal: null });
});

test('1.2.0-broken starts, and says why it can answer nothing', async () => {
  await using service = start('1.2.0-broken');
  const port = await portOf(service);
  const error = 'cannot reach the database at 127.0.0.1:1';
  expect(await ask(port, '/')).toEqual({ status: 500, body: { error } });
  expect(await ask(port, '/healthz')).toEqual({ status: 503, body: { error } });
  await waitFor('its log', () => service.stderr === `hello 1.2.0-broken: ${error}\n`.repeat(2));
});

test('1.2.1-silent goes on without ever listening', async () => {
  await using service = start('1.2.1-silent');
  await waitFor('a sign of life', () => service.stdout !== '');
  expect(service.stdout).toBe('hello 1.2.1-silent waits for a lock that nobody gives back\n');
  service.kill('SIGTERM');
  expect(await service.ended).toMatchObject({ signal: 'SIGTERM', stderr: '' });
});

test('1.2.2-crash exits with code 3 and a stack trace', async () => {
  await using service = start('1.2.2-crash');
  const { exitCode, stdout, stderr } = await service.ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
  expect(stderr).toMatch(/^Error: the settings file has no "secret"\n {4}at /);
});

function keepAliveAgent(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true });
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}
