/** The OpenAPI document is true: answers are what it says, and nothing that it allows, or forbids, makes the server fail. */
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/server/api/endpoint.ts';
import { ENDPOINTS } from '../../src/server/api/endpoints.ts';
import { PROBLEM_TYPE, problem } from '../../src/server/api/problem.ts';
import { BAKING, GATED, PLAN } from './fake-operations.ts';
import { type TestApp, testApp } from './test-app.ts';

interface Schema {
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let server: TestApp;
let document: Document;
let authorization: string;

beforeAll(async () => {
  server = await testApp();
  // Streams that end at once: what they hold is another test's matter.
  server.operations.follow = async function* () {};
  server.operations.changes = async function* () {};
  document = (await server.ask('GET', '/api/openapi.json', { token: null })).json<Document>();
  authorization = `Bearer ${server.token({ expiresAt: null })}`;
});

afterAll(() => server[Symbol.asyncDispose]());

test('it has every endpoint, and every reference in it leads somewhere', () => {
  expect(document.openapi).toBe('3.1.0');
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.operationId),
  );
  expect(ids.toSorted()).toEqual(Object.keys(ENDPOINTS).toSorted());
  const text = JSON.stringify(document);
  const references = new Set([...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference = '']) => reference));
  expect(references.size).toBeGreaterThan(20);
  for (const reference of references) {
    const at = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], document);
    expect([reference, typeof at]).toEqual([reference, 'object']);
  }
});

describe('answers are what it says, and no more', () => {
  const inProduction = '?environment=production';
  test.each([
    ['session', '/api/v1/session', null],
    ['listTokens', '/api/v1/tokens', null],
    ['createToken', '/api/v1/tokens', { name: 'bob', grants: [{ environment: '*', role: 'viewer' }] }],
    ['audit', '/api/v1/audit', null],
    ['health', '/healthz', null],
    ['ready', '/readyz', null],
    ['fleet', '/api/v1/fleet', null],
    ['status', `/api/v1/services/api/status${inProduction}&verify=true`, null],
    ['releases', `/api/v1/services/api/releases${inProduction}`, null],
    ['logs', `/api/v1/services/api/logs${inProduction}&lines=5`, null],
    ['doctor', `/api/v1/services/api/doctor${inProduction}`, null],
    ['stop', '/api/v1/services/web/stop', {}],
    ['deployments', '/api/v1/deployments?since=2026-11-23&ended=false', null],
    ['deploy', '/api/v1/deployments', { plan: PLAN.digest.slice(0, 8) }],
    ['deploy', '/api/v1/deployments', { service: 'web', version: 'same' }],
    ['deployment', `/api/v1/deployments/${GATED}`, null],
    ['events', `/api/v1/deployments/${GATED}/events`, null],
    ['signal', `/api/v1/deployments/${GATED}/signals`, { signal: 'approve', reason: 'fine' }],
    ['makePlan', '/api/v1/plans', { service: 'web', version: '2.0.0' }],
    ['plan', `/api/v1/plans/${PLAN.digest}`, null],
    ['compare', `/api/v1/comparisons?from=${GATED}&to=${BAKING}`, null],
  ] as const)('%s %s', async (operation, url, body) => {
    const { method, answers }: Endpoint = ENDPOINTS[operation];
    const answer = await server.ask(method, url, body === null ? {} : { body });
    const schema = answers[answer.statusCode];
    expect(schema, answer.body).toBeDefined();
    const said: unknown = answer.json();
    expect(schema?.parse(said)).toEqual(said);
  });
});

/** Mostly what the schema allows, sometimes anything. */
function mostly(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: allowed(schema) }, { weight: 1, arbitrary: fc.jsonValue() });
}

function allowed(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(mostly));
  if (schema.items !== undefined) return fc.array(mostly(schema.items), { maxLength: 4 });
  if (schema.properties !== undefined) return objectOf(schema.properties);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer' || schema.type === 'number') {
    const { minimum = 0, maximum = 2 ** 40 } = schema;
    return fc.oneof(
      fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) }),
      fc.constantFrom(minimum, maximum),
    );
  }
  return textOf(schema.pattern ?? '');
}

function textOf(pattern: string): fc.Arbitrary<string> {
  const known = fc.constantFrom('api', 'web', 'staging', 'production', GATED, '2.0.0', PLAN.digest, 'next');
  if (pattern === '' || pattern.includes('\\p')) return fc.oneof(known, fc.string());
  return fc.oneof(known, fc.stringMatching(new RegExp(pattern)), fc.string());
}

function objectOf(properties: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, mostly(schema)]),
  );
  return fc.oneof(
    { weight: 6, arbitrary: fc.record(fields, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.record({ ...fields, more: fc.jsonValue() }) },
  );
}

function requestOf(path: string, method: string, operation: Operation): fc.Arbitrary<InjectOptions> {
  const { parameters = [], requestBody } = operation;
  const parts = (place: string) => parameters.filter((one) => one.in === place);
  const params = fc.record(
    Object.fromEntries(parts('path').map(({ name, schema }) => [name, allowed(schema)])),
  );
  const query = objectOf(Object.fromEntries(parts('query').map(({ name, schema }) => [name, schema])));
  const schema = requestBody?.content['application/json']?.schema;
  const body = schema === undefined ? fc.constant(undefined) : mostly(schema);
  const key = fc.option(fc.oneof(fc.constantFrom('k1', 'k2'), fc.string({ unit: 'binary-ascii' })), {
    nil: undefined,
  });
  return fc.record({ params, query, body, key }).map((given) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
      encodeURIComponent(String(given.params[name])),
    );
    const pairs = Object.entries(given.query as object).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    return {
      method: method.toUpperCase() as 'GET',
      url: `${filled}?${new URLSearchParams(pairs).toString()}`,
      headers: {
        authorization,
        ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(given.key === undefined ? {} : { 'idempotency-key': given.key.replaceAll(/[\r\n\0]/g, '') }),
      },
      ...(given.body === undefined ? {} : { payload: JSON.stringify(given.body) }),
    };
  });
}

describe('whatever is sent, the server answers, and with what it says', () => {
  const operations = Object.values<Endpoint>(ENDPOINTS).map(
    ({ method, path }) => [method.toLowerCase(), path] as const,
  );

  test.each(operations)('%s %s', async (method, path) => {
    const operation = document.paths[path]?.[method] as Operation;
    await fc.assert(
      fc.asyncProperty(requestOf(path, method, operation), async (request) => {
        const answer = await server.app.fastify.inject(request);
        expect(server.faults).toEqual([]);
        expect(answer.statusCode).toBeLessThan(500);
        if (answer.statusCode < 400)
          expect(Object.keys(operation.responses)).toContain(String(answer.statusCode));
        else {
          expect(answer.headers['content-type']).toBe(PROBLEM_TYPE);
          expect(problem.parse(answer.json()).status).toBe(answer.statusCode);
        }
      }),
      { numRuns: 60 },
    );
  });
});
