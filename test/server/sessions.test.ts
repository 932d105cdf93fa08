/** Signing in from a browser: cookies, what proves that a request is from a page of ours, and what it is told. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionView } from '../../src/server/api/access-answers.ts';
import { type TestApp, testApp } from './test-app.ts';

const ORIGIN = 'http://localhost:80';
const DAY_MS = 24 * 60 * 60 * 1_000;

let server: TestApp;

beforeEach(async () => {
  server = await testApp();
});

afterEach(() => server[Symbol.asyncDispose]());

async function signIn(token: string, app = server) {
  const answer = await app.ask('POST', '/api/v1/session', { token: null, body: { token } });
  const [set = ''] = [answer.headers['set-cookie'] ?? []].flat();
  const [cookie = ''] = set.split(';');
  return { answer, set, cookie, session: answer.json<SessionView>() };
}

const stop = { body: { environment: 'production' } };

function stopWith(headers: Record<string, string>, app = server) {
  return app.ask('POST', '/api/v1/services/api/stop', { ...stop, token: null, headers });
}

test('a token is exchanged for a cookie that no script can read, and the session says what its person may', async () => {
  const token = server.token({
    grants: [
      { environment: 'staging', role: 'deployer' },
      { environment: '*', role: 'viewer' },
    ],
  });
  const { answer, set, cookie, session } = await signIn(token);
  expect(answer.statusCode).toBe(200);
  expect(set).toMatch(/^sluice-[0-9a-f]{16}=[\w-]{43}; Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/);
  expect(session).toMatchObject({
    name: 'ann',
    may: { '*': ['read'], production: ['read'], staging: ['read', 'deploy', 'abort', 'trigger'] },
  });
  const again = await server.ask('GET', '/api/v1/session', { token: null, headers: { cookie } });
  expect(again.json()).toEqual(session);
  expect(answer.body).not.toContain(token);
});

test('with a cookie, what changes something needs the token against forgery and an Origin that is ours', async () => {
  const { cookie, session } = await signIn(server.token());
  const csrf = session.csrf ?? '';
  const good = { cookie, origin: ORIGIN, 'x-csrf-token': csrf };
  const codes = async (headers: Record<string, string>) => {
    const answer = await stopWith(headers);
    return [answer.statusCode, answer.statusCode === 200 ? null : answer.json<{ code: string }>().code];
  };
  expect(await codes({ cookie, origin: ORIGIN })).toEqual([403, 'CROSS_SITE']);
  expect(await codes({ ...good, 'x-csrf-token': `${csrf.slice(0, -1)}.` })).toEqual([403, 'CROSS_SITE']);
  expect(await codes({ cookie, 'x-csrf-token': csrf })).toEqual([403, 'CROSS_SITE']);
  expect(await codes({ ...good, origin: 'http://localhost:81' })).toEqual([403, 'CROSS_SITE']);
  expect(await codes({ ...good, origin: 'null' })).toEqual([403, 'CROSS_SITE']);
  expect(await codes({ ...good, 'sec-fetch-site': 'cross-site' })).toEqual([403, 'CROSS_SITE']);
  expect(server.operations.commands).toEqual([]);
  expect(await codes(good)).toEqual([200, null]);
  expect(server.operations.commands).toEqual(['stop production/api by ann']);
});

test('another session has another token against forgery', async () => {
  const token = server.token();
  const [one, other] = [await signIn(token), await signIn(token)];
  expect(one.session.csrf).not.toBe(other.session.csrf);
  const headers = { cookie: one.cookie, origin: ORIGIN, 'x-csrf-token': other.session.csrf ?? '' };
  expect((await stopWith(headers)).statusCode).toBe(403);
});

test('a page of another site cannot sign in, either', async () => {
  const body = { token: server.token() };
  const headers = { origin: 'https://evil.example' };
  const answer = await server.ask('POST', '/api/v1/session', { token: null, body, headers });
  expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined]);
});

describe('a session ends', () => {
  async function isIn(cookie: string): Promise<boolean> {
    const { statusCode } = await server.ask('GET', '/api/v1/session', { token: null, headers: { cookie } });
    return statusCode === 200;
  }

  test('when its person signs out', async () => {
    const { cookie, session } = await signIn(server.token());
    const headers = { cookie, origin: ORIGIN, 'x-csrf-token': session.csrf ?? '' };
    const answer = await server.ask('DELETE', '/api/v1/session', { token: null, headers });
    expect([answer.statusCode, await isIn(cookie)]).toEqual([204, false]);
  });

  test('with its token, when that is revoked', async () => {
    const { cookie, session } = await signIn(server.token());
    const answer = await server.ask('DELETE', `/api/v1/tokens/${session.token}`);
    expect([answer.statusCode, await isIn(cookie)]).toEqual([200, false]);
  });

  test('with its token, when that expires', async () => {
    const { cookie } = await signIn(server.token({ expiresAt: Date.now() + DAY_MS }));
    server.pass(DAY_MS - 60_000);
    expect(await isIn(cookie)).toBe(true);
    server.pass(61_000);
    expect(await isIn(cookie)).toBe(false);
  });

  test('after thirty days', async () => {
    const { cookie } = await signIn(server.token({ expiresAt: null }));
    server.pass(30 * DAY_MS - 1_000);
    expect(await isIn(cookie)).toBe(true);
    server.pass(1_000);
    expect(await isIn(cookie)).toBe(false);
  });
});

describe('behind a reverse proxy', () => {
  test('the cookie is for https only, and the Origin is the address that people use', async () => {
    const publicUrl = new URL('https://sluice.example.com');
    await using app = await testApp({ reach: { loopback: true, publicUrl } });
    const { cookie, set, session } = await signIn(app.token(), app);
    expect(set).toMatch(/^__Host-sluice-[0-9a-f]{16}=.*; HttpOnly; Secure; SameSite=Strict$/);
    const headers = { cookie, host: 'sluice.example.com', 'x-csrf-token': session.csrf ?? '' };
    expect((await stopWith({ ...headers, origin: ORIGIN }, app)).statusCode).toBe(403);
    expect((await stopWith({ ...headers, origin: publicUrl.origin }, app)).statusCode).toBe(200);
  });
});

describe('whom a request is addressed to', () => {
  const own = { loopback: true, publicUrl: null };
  const proxied = { loopback: true, publicUrl: new URL('https://sluice.example.com') };
  const beyond = { loopback: false, publicUrl: null };
  const both = { loopback: false, publicUrl: new URL('https://sluice.example.com') };

  test.each([
    [own, 'localhost:8470', 200],
    [own, '127.0.0.1', 200],
    [own, '[::1]:8470', 200],
    [own, 'sluice.localhost', 200],
    [own, 'evil.example', 421],
    [own, 'localhost.evil.example', 421],
    [own, '192.168.0.7', 421],
    [own, 'sluice.example.com', 421],
    [proxied, 'sluice.example.com', 200],
    [proxied, 'evil.example', 421],
    [beyond, 'whatever.example', 200],
    [both, 'evil.example', 421],
    [both, '10.0.0.7:8470', 200],
  ])('%j, Host %s: %i', async (reach, host, status) => {
    await using app = await testApp({ reach });
    const answer = await app.ask('GET', '/healthz', { token: null, headers: { host } });
    expect(answer.statusCode).toBe(status);
  });
});

describe('attempts', () => {
  test('ten sign-ins a minute from one address, good ones too', async () => {
    const body = { token: 'slu_000000000000_nothing' };
    const tried: number[] = [];
    for (let count = 0; count < 11; count++) {
      tried.push(
        (await server.ask('POST', '/api/v1/session', { token: null, body, from: '10.0.0.1' })).statusCode,
      );
    }
    expect(tried).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    const good = { body: { token: server.token() }, token: null };
    const refused = await server.ask('POST', '/api/v1/session', { ...good, from: '10.0.0.1' });
    expect([refused.statusCode, Number(refused.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
    expect((await server.ask('POST', '/api/v1/session', { ...good, from: '10.0.0.2' })).statusCode).toBe(200);
  });

  test('thirty tokens that are not good; one that is comes through all the same', async () => {
    const tried: number[] = [];
    for (let count = 0; count < 31; count++) {
      tried.push(
        (await server.ask('GET', '/api/v1/fleet', { token: 'slu_nothing', from: '10.0.0.3' })).statusCode,
      );
    }
    expect(tried).toEqual([...Array.from({ length: 30 }, () => 401), 429]);
    expect((await server.ask('GET', '/api/v1/fleet', { from: '10.0.0.3' })).statusCode).toBe(200);
  });
});

test('browsers are told to run nothing of others, and to keep nothing', async () => {
  const { headers } = await server.ask('GET', '/api/v1/fleet');
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringMatching(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/,
    ),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  expect(headers['access-control-allow-origin']).toBeUndefined();
});

test('who asked for what is on record, with what came of it, also what was refused', async () => {
  const bob = server.token({ name: 'bob', grants: [{ environment: 'production', role: 'deployer' }] });
  const body = { service: 'api', environment: 'production', version: '2.0.0' };
  await server.ask('POST', '/api/v1/deployments', { token: bob, body, from: '10.0.0.4' });
  await server.ask('POST', '/api/v1/deployments/api-1/signals', { token: bob, body: { signal: 'approve' } });
  const answer = await server.ask('GET', '/api/v1/audit?limit=1');
  const first = answer.json<{ items: object[]; cursor: string }>();
  expect(first.items).toMatchObject([
    { by: 'bob', operation: 'signal', deployment: 'api-1', environment: 'production', status: 403 },
  ]);
  const next = await server.ask('GET', `/api/v1/audit?cursor=${first.cursor}`);
  expect(next.json()).toMatchObject({
    items: [
      { by: 'bob', operation: 'deploy', detail: body, deployment: 'api-2', status: 202, address: '10.0.0.4' },
    ],
    cursor: null,
  });
});

test('sign-ins that fail are recorded with where they came from and nothing of what was sent, and cannot flood the record', async () => {
  const failed = async () => {
    const answer = await server.ask('GET', '/api/v1/audit?operation=signIn&limit=50');
    return answer.json<{ items: { by: string; status: number; address: string; detail: unknown }[] }>().items;
  };
  const guess = (from: string, token: string) =>
    server.ask('POST', '/api/v1/session', { token: null, from, body: { token } });
  const tooNarrow = server.token({ name: 'ci', trigger: { service: 'api' } });
  expect((await guess('10.0.0.1', tooNarrow)).statusCode).toBe(403);
  expect((await guess('10.0.0.2', 's3cret-guess')).statusCode).toBe(401);
  expect(await failed()).toMatchObject([
    { by: '', token: '', status: 401, address: '10.0.0.2', detail: {} },
    { by: 'ci', status: 403, address: '10.0.0.1', detail: {} },
  ]);
  // Nine addresses, each with as many tries as it has.
  for (let one = 0; one < 72; one++) {
    expect((await guess(`10.0.1.${one % 9}`, 's3cret-guess')).statusCode).toBe(401);
  }
  expect((await failed()).length).toBe(30);
  server.pass(60_000);
  expect((await guess('10.0.0.3', 's3cret-guess')).statusCode).toBe(401);
  const after = await failed();
  expect([after.length, after[0]?.detail]).toEqual([31, { unwritten: 44 }]);
  expect(JSON.stringify(after)).not.toContain('s3cret');
});
