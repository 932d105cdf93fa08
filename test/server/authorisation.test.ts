/**
 * Who may what, cell by cell: every endpoint of the route table, asked by every role, in the environment that the role
 * is for and in another one. What is expected is written down here by hand, once a permission; the table says which one an
 * endpoint needs.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/server/api/endpoint.ts';
import { ENDPOINTS, OPERATION_IDS, type OperationId } from '../../src/server/api/endpoints.ts';
import { ROLES, type Role } from '../../src/server/api/permissions.ts';
import { BAKING, GATED, PLAN } from './fake-operations.ts';
import { type TestApp, testApp } from './test-app.ts';

type Asker = Role | 'trigger' | 'nobody';
const ASKERS: readonly Asker[] = [...ROLES, 'trigger', 'nobody'];

/** Who may use an endpoint that needs this. */
const MAY: Readonly<Record<string, readonly Asker[]>> = {
  open: ASKERS,
  'signed-in': ['viewer', 'deployer', 'approver', 'admin', 'trigger'],
  read: ['viewer', 'deployer', 'approver', 'admin'],
  outcome: ['viewer', 'deployer', 'approver', 'admin', 'trigger'],
  deploy: ['deployer', 'admin'],
  administer: ['admin'],
  trigger: ['deployer', 'admin', 'trigger'],
};

/** A request that makes sense, for each; in production. */
const REQUESTS: Readonly<Record<OperationId, { readonly path?: string; readonly body?: object }>> = {
  signIn: { body: { token: 'slu_none' } },
  session: {},
  signOut: {},
  listTokens: {},
  createToken: { body: { name: 'bob', grants: [{ environment: 'production', role: 'viewer' }] } },
  revokeToken: { path: '/api/v1/tokens/TOKEN' },
  audit: { path: '/api/v1/audit?environment=production' },
  health: {},
  ready: {},
  metrics: {},
  fleet: { path: '/api/v1/fleet?environment=production' },
  status: { path: '/api/v1/services/api/status?environment=production' },
  releases: { path: '/api/v1/services/api/releases?environment=production' },
  logs: { path: '/api/v1/services/api/logs?environment=production' },
  followLogs: { path: '/api/v1/services/api/logs/stream?environment=production' },
  doctor: { path: '/api/v1/services/api/doctor?environment=production' },
  reconcile: { path: '/api/v1/services/api/reconcile', body: { environment: 'production' } },
  stop: { path: '/api/v1/services/api/stop', body: { environment: 'production' } },
  changes: { path: '/api/v1/changes?environment=production' },
  deployments: { path: '/api/v1/deployments?environment=production' },
  deploy: { body: { service: 'api', environment: 'production', version: '2.0.0' } },
  deployment: { path: `/api/v1/deployments/${GATED}` },
  events: { path: `/api/v1/deployments/${GATED}/events` },
  followEvents: { path: '/api/v1/deployments/api-9/stream' },
  signal: { path: `/api/v1/deployments/${GATED}/signals`, body: { signal: 'pause' } },
  resume: { path: `/api/v1/deployments/${GATED}/resume`, body: {} },
  rollback: { body: { service: 'api', environment: 'production' } },
  trigger: { body: { service: 'api', environment: 'production', version: '2.0.0' } },
  makePlan: { body: { service: 'api', environment: 'production' } },
  plan: { path: `/api/v1/plans/${PLAN.digest}` },
  compare: { path: `/api/v1/comparisons?from=${GATED}&to=${BAKING}` },
};

let server: TestApp;

beforeAll(async () => {
  server = await testApp();
  server.operations.begin('api-9', [{ type: 'deployment-finished', at: 3, outcome: 'completed' }]);
});

afterAll(() => server[Symbol.asyncDispose]());

function tokenOf(asker: Asker, environment: string): string | null {
  if (asker === 'nobody') return null;
  if (asker !== 'trigger') return server.token({ grants: [{ environment, role: asker }] });
  return server.token({ grants: [{ environment, role: 'deployer' }], trigger: { service: 'api' } });
}

async function statusFor(operation: OperationId, asker: Asker, environment: string): Promise<number> {
  const { method, path: pattern }: Endpoint = ENDPOINTS[operation];
  const { path = pattern, body } = REQUESTS[operation];
  const victim = server.store.tokens.make({
    name: 'victim',
    grants: [{ environment: 'production', role: 'viewer' }],
    by: 'test',
  });
  const url = path.replace('TOKEN', victim.token.id);
  const given = body === undefined ? {} : { body };
  // The one stream without an end: whether it is let in shows before it begins, in a list of the same kind.
  if (operation === 'changes') return await statusFor('fleet', asker, environment);
  const answer = await server.ask(method, url, { token: tokenOf(asker, environment), ...given });
  return answer.statusCode;
}

function mayUse(operation: OperationId, asker: Asker): boolean {
  const { needs }: Endpoint = ENDPOINTS[operation];
  return (MAY[needs === 'signal' ? 'deploy' : needs] ?? []).includes(asker);
}

describe.each(OPERATION_IDS)('%s', (operation) => {
  const { needs, place, answers }: Endpoint = ENDPOINTS[operation];
  const good = Object.keys(answers).map(Number);

  test.each(ASKERS)('by %s of production', async (asker) => {
    const status = await statusFor(operation, asker, 'production');
    if (operation === 'signIn') expect([401, 429]).toContain(status);
    else if (asker === 'nobody' && needs !== 'open') expect(status).toBe(401);
    else if (!mayUse(operation, asker)) expect(status).toBe(403);
    // What is for all environments is not for somebody of one.
    else if (place === 'everywhere') expect(status).toBe(403);
    else expect(good).toContain(status);
  });

  test.each(ROLES)('by %s of everywhere', async (asker) => {
    const status = await statusFor(operation, asker, '*');
    if (operation === 'signIn') expect([401, 429]).toContain(status);
    else if (mayUse(operation, asker)) expect(good).toContain(status);
    else expect(status).toBe(403);
  });

  test.each([...ROLES, 'trigger'] as const)('by %s of staging, about production', async (asker) => {
    const status = await statusFor(operation, asker, 'staging');
    if (operation === 'signIn') return expect([401, 429]).toContain(status);
    const isAnybodys = needs === 'open' || needs === 'signed-in';
    // Their own list of tokens, which has none of production in it.
    const isFine = isAnybodys || (operation === 'listTokens' && mayUse(operation, asker));
    if (isFine) expect(good).toContain(status);
    else expect(status).toBe(403);
  });
});

describe('what a signal needs', () => {
  const cases: [signal: string, id: string, full: boolean, roles: readonly Role[]][] = [
    ['pause', GATED, false, ['deployer', 'admin']],
    ['resume', GATED, false, ['deployer', 'admin']],
    ['retry', GATED, false, ['deployer', 'admin']],
    ['promote', BAKING, false, ['deployer', 'admin']],
    // At a gate it is a yes.
    ['promote', GATED, false, ['admin']],
    ['promote', BAKING, true, ['admin']],
    ['approve', GATED, false, ['approver', 'admin']],
    ['reject', GATED, false, ['approver', 'admin']],
    ['abort', GATED, false, ['deployer', 'approver', 'admin']],
  ];

  test.each(cases)('%s of %s, full %s', async (signal, id, full, roles) => {
    const allowed: Role[] = [];
    for (const role of ROLES) {
      const token = server.token({ grants: [{ environment: 'production', role }] });
      const url = `/api/v1/deployments/${id}/signals`;
      const { statusCode } = await server.ask('POST', url, { token, body: { signal, full } });
      expect([200, 403]).toContain(statusCode);
      if (statusCode === 200) allowed.push(role);
    }
    expect(allowed).toEqual(roles);
  });

  test('two roles together may what neither may alone', async () => {
    const token = server.token({
      grants: [
        { environment: 'production', role: 'deployer' },
        { environment: '*', role: 'approver' },
      ],
    });
    const url = `/api/v1/deployments/${GATED}/signals`;
    const { statusCode } = await server.ask('POST', url, { token, body: { signal: 'promote', full: true } });
    expect(statusCode).toBe(200);
    expect(server.operations.commands.at(-1)).toBe(`promote fully ${GATED} by ann`);
  });
});

describe('lists show what may be read', () => {
  test('the fleet, to somebody of staging', async () => {
    const token = server.token({ grants: [{ environment: 'staging', role: 'viewer' }] });
    const answer = await server.ask('GET', '/api/v1/fleet', { token });
    const { environments, services } = answer.json<{
      environments: string[];
      services: { service: string }[];
    }>();
    expect(environments).toEqual(['staging']);
    expect(services.map(({ service }) => service)).toEqual(['api', 'web']);
  });

  test('deployments, to somebody of staging', async () => {
    const token = server.token({ grants: [{ environment: 'staging', role: 'admin' }] });
    const answer = await server.ask('GET', '/api/v1/deployments', { token });
    expect(answer.json()).toEqual({ items: [], cursor: null });
  });
});

describe('tokens', () => {
  const staging = { environment: 'staging', role: 'admin' } as const;

  test.each([
    [[{ environment: '*', role: 'viewer' }], '*'],
    [[staging, { environment: 'production', role: 'viewer' }], 'production'],
  ])('an admin of staging cannot give %j', async (grants, _beyond) => {
    const token = server.token({ grants: [staging] });
    const answer = await server.ask('POST', '/api/v1/tokens', { token, body: { name: 'eve', grants } });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'FORBIDDEN']);
  });

  test('an admin of staging neither sees nor revokes the token of an admin of everything', async () => {
    const token = server.token({ grants: [staging] });
    const other = server.store.tokens.make({
      name: 'root',
      grants: [{ ...staging, environment: '*' }],
      by: 'test',
    });
    const answer = await server.ask('GET', '/api/v1/tokens', { token });
    const { items } = answer.json<{ items: { id: string }[] }>();
    expect(items.map(({ id }) => id)).not.toContain(other.token.id);
    const revoked = await server.ask('DELETE', `/api/v1/tokens/${other.token.id}`, { token });
    expect(revoked.statusCode).toBe(403);
    expect(server.store.tokens.identity(other.token.id)).not.toBeNull();
  });

  test('a trigger token triggers its own service and no other, and cannot sign in', async () => {
    const token = server.token({
      grants: [{ environment: '*', role: 'deployer' }],
      trigger: { service: 'web' },
    });
    const trigger = (service: string) =>
      server.ask('POST', '/api/v1/trigger', { token, body: { service, environment: 'staging' } });
    expect((await trigger('web')).statusCode).toBe(202);
    expect((await trigger('api')).statusCode).toBe(403);
    const see = async (path: string, token: string) => (await server.ask('GET', path, { token })).statusCode;
    const own = server.token({
      grants: [{ environment: 'production', role: 'deployer' }],
      trigger: { service: 'api' },
    });
    for (const path of [`/api/v1/deployments/${GATED}`, '/api/v1/deployments/api-9/stream']) {
      expect([path, await see(path, own), await see(path, token)]).toEqual([path, 200, 403]);
    }
    expect(await see(`/api/v1/deployments/${GATED}/events`, own)).toBe(403);
    const signedIn = await server.ask('POST', '/api/v1/session', {
      token: null,
      body: { token },
      from: '10.9.9.9',
    });
    expect(signedIn.statusCode).toBe(403);
  });
});
