/** Server-sent events over a real socket: in order, resumed where they broke off, ended when they have to. */
import type { AddressInfo } from 'node:net';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { BAKING } from './fake-operations.ts';
import { type TestApp, testApp } from './test-app.ts';

interface Reader extends AsyncDisposable {
  readonly status: number;
  /** The next event; `null` when the stream has ended. */
  next(): Promise<EventSourceMessage | null>;
  readonly comments: string[];
}

async function read(server: TestApp, path: string, headers: Record<string, string> = {}): Promise<Reader> {
  if (!server.app.fastify.server.listening) await server.app.fastify.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.app.fastify.server.address() as AddressInfo;
  const authorization = headers.authorization ?? `Bearer ${server.token()}`;
  const leaving = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { ...headers, authorization },
    signal: leaving.signal,
  });
  const messages: EventSourceMessage[] = [];
  const comments: string[] = [];
  const parser = createParser({
    onEvent: (event) => messages.push(event),
    onComment: (comment) => comments.push(comment),
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    status: answer.status,
    comments,
    async next() {
      while (messages.length === 0) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return null;
        parser.feed(value);
      }
      return messages.shift() ?? null;
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
    },
  };
}

const STREAM = `/api/v1/deployments/${BAKING}/stream`;
const taken = (epoch: number) =>
  ({ type: 'controller-changed', at: Date.now(), controller: 'a controller', epoch }) as const;

test('what happened, then what happens, then the end', async () => {
  await using server = await testApp();
  await using stream = await read(server, STREAM);
  const first = await stream.next();
  expect([first?.id, first?.event]).toEqual(['1', 'event']);
  expect(JSON.parse(first?.data ?? '')).toMatchObject({ seq: 1, event: { type: 'deployment-created' } });
  expect((await stream.next())?.id).toBe('2');
  server.operations.append(BAKING, [taken(0)]);
  expect(JSON.parse((await stream.next())?.data ?? '')).toMatchObject({
    seq: 3,
    event: { type: 'controller-changed' },
  });
  server.operations.append(BAKING, [{ type: 'deployment-finished', at: 3, outcome: 'completed' }]);
  expect((await stream.next())?.id).toBe('4');
  expect(await stream.next()).toMatchObject({ event: 'end', data: '{}' });
  expect(await stream.next()).toBeNull();
});

test('it goes on after the last event that was seen, which wins over the one it began with', async () => {
  await using server = await testApp();
  server.operations.append(BAKING, [taken(0), taken(1), taken(2)]);
  await using begun = await read(server, `${STREAM}?after=3`);
  expect((await begun.next())?.id).toBe('4');
  await using resumed = await read(server, `${STREAM}?after=1`, { 'last-event-id': '4' });
  expect((await resumed.next())?.id).toBe('5');
  await using wrong = await read(server, STREAM, { 'last-event-id': 'x' });
  expect(wrong.status).toBe(400);
});

test('a stream ends when its token is revoked, and when it expires', async () => {
  await using server = await testApp({ heartbeatMs: 20 });
  const made = server.store.tokens.make({
    name: 'bob',
    grants: [{ environment: '*', role: 'viewer' }],
    by: 'test',
  });
  await using stream = await read(server, STREAM, { authorization: `Bearer ${made.secret}` });
  await stream.next();
  await stream.next();
  await server.ask('DELETE', `/api/v1/tokens/${made.token.id}`);
  expect(await stream.next()).toBeNull();
  const expiresAt = Date.now() + 60_000;
  const short = server.token({ expiresAt });
  await using other = await read(server, STREAM, { authorization: `Bearer ${short}` });
  server.pass(120_000);
  await other.next();
  await other.next();
  expect(await other.next()).toBeNull();
});

test('it shows that it lives, and ends when the server stops, without saying that the deployment has', async () => {
  await using server = await testApp({ heartbeatMs: 10 });
  await using stream = await read(server, STREAM);
  await stream.next();
  await stream.next();
  const next = stream.next();
  await expect.poll(() => stream.comments.length).toBeGreaterThan(1);
  server.app.stop();
  expect(await next).toBeNull();
  const refused = await server.ask('GET', '/api/v1/fleet');
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([503, 'STOPPING']);
  expect((await server.ask('GET', '/readyz')).statusCode).toBe(503);
  expect((await server.ask('GET', '/healthz')).statusCode).toBe(200);
});

test('changes are shown to who may read them', async () => {
  await using server = await testApp();
  const token = server.token({ grants: [{ environment: 'staging', role: 'viewer' }] });
  await using stream = await read(server, '/api/v1/changes', { authorization: `Bearer ${token}` });
  const { services } = await server.operations.fleet();
  const next = stream.next();
  await expect.poll(async () => (await server.ask('GET', '/metrics')).body).toContain('kind="changes"} 1');
  for (const service of services) server.operations.change({ kind: 'service', service });
  expect(JSON.parse((await next)?.data ?? '')).toMatchObject({
    kind: 'service',
    service: { service: 'api', environment: 'staging' },
  });
});

test('a reader that leaves is forgotten', async () => {
  await using server = await testApp();
  const stream = await read(server, STREAM);
  const open = async () =>
    /sluice_sse_clients\{kind="events"\} (\d)/.exec((await server.ask('GET', '/metrics')).body)?.[1];
  expect(await open()).toBe('1');
  await stream[Symbol.asyncDispose]();
  await expect.poll(open).toBeUndefined();
});
