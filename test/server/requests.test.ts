/** What cannot be done is answered with problem details; what is sent twice is done once. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as errors from '../../src/errors.ts';
import { PROBLEM_TYPE } from '../../src/server/api/problem.ts';
import { createApp } from '../../src/server/app.ts';
import { problemOf } from '../../src/server/http/problems.ts';
import { type TestApp, testApp } from './test-app.ts';

const DEPLOY = { service: 'api', environment: 'production', version: '2.0.0' };

let server: TestApp;

beforeEach(async () => {
  server = await testApp();
});

afterEach(() => server[Symbol.asyncDispose]());

describe('problems', () => {
  test.each([
    [new errors.InvalidInputError('x'), 400, 'INVALID_INPUT'],
    [new errors.ConfigError(['x']), 503, 'CONFIG'],
    [new errors.InvalidPlanError('x'), 422, 'INVALID_PLAN'],
    [new errors.StalePlanError('x', ['a differs']), 409, 'STALE_PLAN'],
    [new errors.InvalidPlanStateError('x', 'running', null), 409, 'INVALID_PLAN_STATE'],
    [new errors.LeaseHeldError('x', { holder: 'bob', since: 1, doing: 'y' }), 409, 'LEASE_HELD'],
    [new errors.FencedError('x'), 409, 'FENCED'],
    [new errors.JournalConflictError('x'), 409, 'JOURNAL_CONFLICT'],
    [new errors.JournalError('x'), 503, 'JOURNAL'],
    [new errors.DeploymentNotFoundError('x'), 404, 'DEPLOYMENT_NOT_FOUND'],
    [new errors.SignalRefusedError('x'), 409, 'SIGNAL_REFUSED'],
    [new errors.OperationError('x', { evidence: { exitCode: 3 } }), 502, 'OPERATION'],
    [new errors.OperationError('x', { retryable: false }), 422, 'OPERATION_IMPOSSIBLE'],
    [new errors.UnreachableError('x'), 502, 'OPERATION'],
    [new errors.SupervisorError('x'), 503, 'SUPERVISOR'],
  ])('%o', async (error, status, code) => {
    server.operations.onCommand = () => {
      throw error;
    };
    const answer = await server.ask('POST', '/api/v1/deployments', { body: DEPLOY });
    expect(answer.headers['content-type']).toBe(PROBLEM_TYPE);
    expect([answer.statusCode, answer.json()]).toEqual([
      status,
      expect.objectContaining({ type: `/api/docs#${code}`, status, code, detail: 'x' }),
    ]);
    expect(server.faults).toEqual([]);
  });

  test('every class of errors.ts has a status of its own choosing', () => {
    const classes = Object.values(errors).filter(
      (one) => typeof one === 'function' && one.prototype instanceof errors.SluiceError,
    );
    expect(classes).toHaveLength(14);
    expect(problemOf(new errors.StalePlanError('x', ['a differs']))).toMatchObject({
      differences: ['a differs'],
    });
  });

  test('what nobody expected tells nothing of what is inside, but where to find it', async () => {
    server.operations.onCommand = () => {
      throw new TypeError('cannot read /etc/secret');
    };
    const answer = await server.ask('POST', '/api/v1/deployments', { body: DEPLOY });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/secret|TypeError|\.ts:/);
    expect(answer.json()).toMatchObject({
      code: 'UNEXPECTED',
      detail: expect.stringMatching(/under [0-9a-f-]{36}$/),
    });
    expect(server.faults).toEqual([expect.any(TypeError)]);
  });

  const json = { 'content-type': 'application/json' };
  test.each([
    ['GET', '/api/v1/nothing', {}, undefined, 404, 'NOT_FOUND'],
    ['GET', '/api', {}, undefined, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/rollbacks', {}, undefined, 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', '/api/v1/deployments/api-1', {}, undefined, 405, 'METHOD_NOT_ALLOWED'],
    ['POST', '/healthz', json, '{}', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/api/v1/deployments/%zz', {}, undefined, 400, 'INVALID_REQUEST'],
    ['GET', `/api/v1/deployments/${'x'.repeat(101)}`, {}, undefined, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/deployments/api-99', {}, undefined, 404, 'DEPLOYMENT_NOT_FOUND'],
    ['GET', '/api/v1/deployments?limit=0', {}, undefined, 400, 'INVALID_REQUEST'],
    ['GET', '/api/v1/deployments?limt=5', {}, undefined, 400, 'INVALID_REQUEST'],
    ['GET', '/api/v1/deployments?ended=yes', {}, undefined, 400, 'INVALID_REQUEST'],
    ['GET', '/api/v1/services/api/status', {}, undefined, 400, 'INVALID_INPUT'],
    ['GET', '/api/v1/services/none/status', {}, undefined, 400, 'INVALID_INPUT'],
    ['POST', '/api/v1/deployments', json, '{"service":', 400, 'MALFORMED_JSON'],
    ['POST', '/api/v1/deployments', json, '{"__proto__":{"a":1}}', 400, 'MALFORMED_JSON'],
    ['POST', '/api/v1/deployments', json, '', 400, 'INVALID_REQUEST'],
    ['POST', '/api/v1/deployments', { 'content-type': 'text/plain' }, '{}', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'POST',
      '/api/v1/deployments',
      json,
      JSON.stringify({ service: 'x'.repeat(70_000) }),
      413,
      'BODY_TOO_LARGE',
    ],
  ] as const)('%s %s', async (method, url, headers, payload, status, code) => {
    const authorization = `Bearer ${server.token()}`;
    const body = payload === undefined ? {} : { payload };
    const answer = await server.app.fastify.inject({
      method,
      url,
      headers: { ...headers, authorization },
      ...body,
    });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toBe(PROBLEM_TYPE);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(server.faults).toEqual([]);
  });

  test('a method that is not for the path is told which ones are', async () => {
    const { headers } = await server.ask('DELETE', '/api/v1/deployments');
    expect(headers.allow).toBe('GET, POST');
  });

  test('everything that is wrong with a request is named', async () => {
    const body = { signal: 'hurry', reason: 7 };
    const answer = await server.ask('POST', '/api/v1/deployments/api-1/signals', { body });
    const { problems } = answer.json<{ problems: { in: string; path: string }[] }>();
    expect(problems.map((one) => [one.in, one.path])).toEqual([
      ['body', 'signal'],
      ['body', 'reason'],
    ]);
  });

  test('where only one environment has the service, or one is the default, it need not be named', async () => {
    const stop = (service: string) => server.ask('POST', `/api/v1/services/${service}/stop`);
    expect((await stop('web')).statusCode).toBe(200);
    expect((await stop('api')).statusCode).toBe(400);
    const { store, operations } = server;
    const app = await createApp({
      operations,
      store,
      version: '0',
      dashboard: server.folder,
      onFault: () => {},
      defaultEnvironment: 'staging',
    });
    const headers = { authorization: `Bearer ${server.token()}` };
    await app.fastify.inject({ method: 'POST', url: '/api/v1/services/api/stop', headers });
    await app[Symbol.asyncDispose]();
    expect(operations.commands).toEqual(['stop staging/web by ann', 'stop staging/api by ann']);
  });
});

describe('a command with an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'k1' };
  const deploy = (body: object, more = {}) =>
    server.ask('POST', '/api/v1/deployments', { body, headers, ...more });

  test('is done once, and answered the same', async () => {
    const [first, second] = [await deploy(DEPLOY), await deploy(DEPLOY)];
    expect([first.statusCode, first.json()]).toEqual([202, { deployment: 'api-2' }]);
    expect([second.statusCode, second.json()]).toEqual([202, { deployment: 'api-2' }]);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(server.operations.commands).toEqual(['deploy production/api 2.0.0 by ann']);
  });

  test('is waited for while it is under way', async () => {
    let open = () => {};
    let claims = 0;
    const { answers } = server.store;
    const claim = answers.claim.bind(answers);
    answers.claim = (...given) => {
      claims++;
      return claim(...given);
    };
    server.operations.onCommand = () => new Promise((resolve) => (open = resolve));
    const both = [deploy(DEPLOY), deploy(DEPLOY)];
    await expect.poll(() => claims).toBe(2);
    open();
    expect((await Promise.all(both)).map((answer) => answer.json())).toEqual([
      { deployment: 'api-2' },
      { deployment: 'api-2' },
    ]);
    expect(server.operations.commands).toHaveLength(1);
  });

  test('is refused for another request', async () => {
    await deploy(DEPLOY);
    const answer = await deploy({ ...DEPLOY, version: '3.0.0' });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
  });

  test('is another one for somebody else, and after a day', async () => {
    await deploy(DEPLOY);
    await deploy(DEPLOY, { token: server.token({ name: 'bob' }) });
    server.pass(24 * 60 * 60 * 1_000);
    await deploy(DEPLOY);
    expect(server.operations.commands).toHaveLength(3);
  });

  test('can be tried again when it failed', async () => {
    server.operations.onCommand = () => {
      throw new errors.LeaseHeldError('busy', { holder: 'bob', since: 1, doing: 'y' });
    };
    expect((await deploy(DEPLOY)).statusCode).toBe(409);
    server.operations.onCommand = () => {};
    expect((await deploy(DEPLOY)).statusCode).toBe(202);
  });

  test('of which a server that is gone never told what came of it is not done again', async () => {
    const token = server.token();
    await deploy(DEPLOY, { token });
    const [, id = ''] = token.split('_');
    const { request } = server.store.answers.claim(id, 'k1', Buffer.alloc(0), 'other') ?? {};
    server.store.answers.forget(id, 'k1');
    server.store.answers.claim(id, 'k1', request ?? Buffer.alloc(0), 'one that was killed');
    const answer = await deploy(DEPLOY, { token });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([409, 'IDEMPOTENCY_UNKNOWN']);
    expect(server.operations.commands).toHaveLength(1);
  });

  test('that makes a token makes one, and tells its secret once', async () => {
    const body = { name: 'bob', grants: [{ environment: '*', role: 'viewer' }] };
    const make = () => server.ask('POST', '/api/v1/tokens', { body, headers });
    const first = await make();
    expect([first.statusCode, (await make()).statusCode]).toEqual([201, 409]);
    expect(server.store.tokens.list().filter(({ name }) => name === 'bob')).toHaveLength(1);
  });
});

describe('pages', () => {
  test('without a built dashboard it is said so, and what to do', async () => {
    const answer = await server.ask('GET', '/deployments/api-1', { token: null });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(answer.body).toContain('npm run build');
  });

  test('every path that is none of the API is the dashboard, and its assets are kept', async () => {
    const dashboard = join(server.folder, 'built');
    await mkdir(join(dashboard, 'assets'), { recursive: true });
    await writeFile(join(dashboard, 'index.html'), '<p>the dashboard</p>');
    await writeFile(join(dashboard, 'assets', 'main-3f9a.js'), 'run()');
    await writeFile(join(dashboard, 'assets', 'main-3f9a.js.br'), 'compressed');
    await using app = await testApp({ dashboard });
    const get = (url: string, headers = {}) => app.ask('GET', url, { token: null, headers });
    const pages = [await get('/'), await get('/deployments/api-1?tab=log')];
    expect(pages.map((page) => [page.statusCode, page.body, page.headers['cache-control']])).toEqual([
      [200, '<p>the dashboard</p>', 'no-cache'],
      [200, '<p>the dashboard</p>', 'no-cache'],
    ]);
    const asset = await get('/assets/main-3f9a.js');
    expect([asset.body, asset.headers['cache-control']]).toEqual([
      'run()',
      'public, max-age=31536000, immutable',
    ]);
    expect((await get('/assets/main-3f9a.js', { 'accept-encoding': 'br' })).body).toBe('compressed');
    expect((await get('/assets/gone.js')).statusCode).toBe(404);
    expect((await get('/api/v1/nothing')).headers['content-type']).toBe(PROBLEM_TYPE);
    expect((await get('/..%2f..%2fserver.db')).statusCode).not.toBe(200);
  });

  test('the page of the API runs no script, and has every endpoint and every problem', async () => {
    const page = await server.ask('GET', '/api/docs', { token: null });
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; /,
    );
    expect(page.body).not.toMatch(/<script|style="|https?:\/\//);
    for (const anchor of ['id="deploy"', 'id="STALE_PLAN"', 'id="type-DeploymentSummary"']) {
      expect(page.body).toContain(anchor);
    }
  });
});
