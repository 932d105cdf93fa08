import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SupervisedRouter } from '../../src/supervisor/supervised-router.ts';
import { routerConformance } from '../../src/testing/router-conformance.ts';
import type { OpenedRouter } from '../../src/testing/router-fixtures.ts';
import { waitFor } from '../support/wait-for.ts';
import { ask, Sandbox, SERVER } from './sandbox.ts';

const patient = { signal: new AbortController().signal };

/** A service with one instance and a route to it. */
async function open() {
  const sandbox = await Sandbox.open();
  const router = new SupervisedRouter(sandbox.supervisor);
  const instance = await sandbox.start(SERVER);
  await sandbox.printed('ready');
  const route = await router.configure({ service: 'api' });
  const backend = { target: 'a', release: '1.0.0-abc', address: { host: '127.0.0.1', port: instance.port } };
  return { sandbox, router, instance, route, backend };
}

describe('the router of the supervisor does what every router must', () => {
  async function open(): Promise<OpenedRouter> {
    const sandbox = await Sandbox.open();
    const router = new SupervisedRouter(sandbox.supervisor);
    const { host, port } = await router.configure({ service: 'api' });
    const close = () => sandbox[Symbol.asyncDispose]();
    return { router, service: 'api', url: `http://${host}:${port}`, tolerance: 0, close };
  }

  test.each(routerConformance(open))('$name', ({ run }) => run());
});

async function listenOn(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('a service is reachable from the moment that it is configured and admitted until it is removed', async () => {
  const { sandbox, router, instance, route, backend } = await open();
  await using _ = sandbox;
  const split = { release: '1.0.0-abc', percent: 100 };
  await router.admit('api', backend, split, patient);
  expect(await ask(route.port)).toBe(String(instance.pid));
  expect(await router.inspect('api', patient)).toEqual({
    backends: [{ ...backend, draining: false, inFlight: 0, requests: 1 }],
    split,
  });
  await router.shift('api', null, patient);
  expect((await router.inspect('api', patient)).split).toBe(null);
  expect(await router.describe('api')).toMatchObject({ address: route, stats: { requests: 1 } });
  expect(await router.drain('api', 'a', '1.0.0-abc', patient)).toEqual({ abandoned: 0 });
  expect(await router.inspect('api', patient)).toEqual({ backends: [], split: null });
  await router.remove('api');
  expect(await router.describe('api')).toEqual({ address: null, stats: null });
  await expect(ask(route.port)).rejects.toThrow('fetch failed');
});

test('nothing is started to look at what is not there', async () => {
  await using sandbox = await Sandbox.open();
  const router = new SupervisedRouter(sandbox.supervisor);
  expect(await router.inspect('api', patient)).toEqual({ backends: [], split: null });
  expect(await router.describe('api')).toEqual({ address: null, stats: null });
  expect(await sandbox.supervisor.running()).toBe(null);
});

test('a port that is taken is refused, and nothing changes', async () => {
  const { sandbox, router, route } = await open();
  await using _ = sandbox;
  await using other = await listenOn(0);
  const { port } = other.address() as { port: number };
  await expect(router.configure({ service: 'api', port })).rejects.toMatchObject({ code: 'OPERATION' });
  expect((await router.describe('api')).address).toEqual(route);
});

test('routes outlive the supervisor; the next one serves them on the same port', async () => {
  const { sandbox, router, instance, route, backend } = await open();
  await using _ = sandbox;
  const split = { release: '1.0.0-abc', percent: 25 };
  await router.admit('api', backend, split, patient);
  await sandbox.killSupervisor();
  await sandbox.status();
  expect(await ask(route.port)).toBe(String(instance.pid));
  expect(await router.inspect('api', patient)).toMatchObject({
    backends: [{ target: 'a', draining: false }],
    split,
  });
  expect((await router.describe('api')).address).toEqual(route);
});

test('a port that somebody else has taken meanwhile is had again once it is free', async () => {
  const { sandbox, router, instance, route, backend } = await open();
  await using _ = sandbox;
  await router.admit('api', backend, null, patient);
  await sandbox.killSupervisor();
  const thief = await waitFor('the port', () => listenOn(route.port));
  await sandbox.status();
  expect((await router.describe('api')).address).toBe(null);
  expect(await sandbox.log()).toContain('api cannot be reached yet');
  // It is not forgotten by one more supervisor either.
  await sandbox.killSupervisor();
  await sandbox.status();
  thief.close();
  await once(thief, 'close');
  expect(await waitFor('the port', () => ask(route.port))).toBe(String(instance.pid));
});

test('a service is stopped with its route and all its instances, and no other', async () => {
  const { sandbox, router, route, backend } = await open();
  await using _ = sandbox;
  await router.admit('api', backend, null, patient);
  await sandbox.start(SERVER, { service: 'web', target: 'b' });
  await sandbox.supervisor.call('stopService', { service: 'api' });
  expect(await sandbox.supervisor.call('inspect', { service: null })).toMatchObject([{ service: 'web' }]);
  await expect(ask(route.port)).rejects.toThrow('fetch failed');
  expect(await router.inspect('api', patient)).toEqual({ backends: [], split: null });
});
