/** The OpenAPI 3.1 document of the API, from the route table. */
import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

type Schema = Record<string, unknown>;
type Schemas = Record<string, Schema>;

const PROBLEM_MEANINGS: Readonly<Record<string, string>> = {
  400: 'The request cannot be used',
  401: 'Nobody is signed in',
  403: 'Not allowed',
  default: 'It could not be done',
};

const COMMAND_HEADER = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'The same key with the same request within a day gets the first answer, and nothing is done twice.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
};

/** @param version of the package */
export function openApiDocument(version: string): Schema {
  const schemas: Schemas = {};
  const paths: Record<string, Schema> = {};
  toSchema(problem, schemas);
  for (const [operationId, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const operation = operationOf(operationId, endpoint, schemas);
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description:
        'Progressive delivery: plan, deploy, verify and roll back. Times are milliseconds since the epoch.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { cookie: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'a token, as `sluice token create` prints it' },
        cookie: {
          type: 'apiKey',
          in: 'header',
          name: 'Cookie',
          description: 'from POST /api/v1/session; whatever is not a GET then needs X-CSRF-Token',
        },
      },
    },
  };
}

function operationOf(operationId: string, endpoint: Endpoint, schemas: Schemas): Schema {
  const { method, summary, tag, needs, answers } = endpoint;
  const responses: Record<string, unknown> = {};
  for (const [status, answer] of Object.entries(answers)) {
    responses[status] = answerOf(endpoint, answer, schemas);
  }
  for (const [status, description] of Object.entries(PROBLEM_MEANINGS)) {
    if (needs === 'open' && (status === '403' || (status === '401' && method === 'GET'))) continue;
    const schema = { $ref: '#/components/schemas/Problem' };
    responses[status] = { description, content: { [PROBLEM_TYPE]: { schema } } };
  }
  const parameters = [
    ...parametersOf('path', endpoint.params, schemas),
    ...parametersOf('query', endpoint.query, schemas),
    ...(endpoint.repeats === 'answer' ? [COMMAND_HEADER] : []),
  ];
  return {
    operationId,
    summary,
    tags: [tag],
    description: needsInWords(needs),
    ...(needs === 'open' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(method === 'POST' ? { requestBody: bodyOf(endpoint.body, schemas) } : {}),
    responses,
  };
}

function needsInWords(needs: Endpoint['needs']): string {
  if (needs === 'open') return 'Open to anybody.';
  if (needs === 'signed-in') return 'Needs any token.';
  if (needs === 'signal') {
    return 'approve and reject need `approve`, abort needs `abort`, the others `deploy`; promote with `full`, or at a gate, needs both `deploy` and `approve`.';
  }
  if (needs === 'outcome') return 'Needs `read` where it acts, or a token that triggers that service there.';
  return `Needs the permission \`${needs}\` where it acts.`;
}

function answerOf({ media }: Endpoint, answer: z.ZodType | null, schemas: Schemas): Schema {
  if (answer === null) return { description: 'Done' };
  const description = media === 'text/event-stream' ? 'Server-sent events; `data` is this' : 'Done';
  return { description, content: { [media ?? 'application/json']: { schema: toSchema(answer, schemas) } } };
}

function bodyOf(body: z.ZodType, schemas: Schemas): Schema {
  const required = !body.safeParse({}).success;
  return { required, content: { 'application/json': { schema: toSchema(body, schemas) } } };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType, schemas: Schemas): Schema[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, value]) => {
    const { description, ...rest } = toSchema(value, schemas);
    const required = !value.safeParse(undefined).success;
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest };
  });
}

/** What is named goes into `schemas`; the rest stays where it is used. */
function toSchema(type: z.ZodType, schemas: Schemas): Schema {
  const { $schema: _dialect, $defs = {}, ...schema } = z.toJSONSchema(type, { io: 'output' });
  for (const [id, definition] of Object.entries($defs)) schemas[id] = withPlace(definition) as Schema;
  return withPlace(nameItself(schema, schemas)) as Schema;
}

/** A type that has a name itself is put in its place, too. */
function nameItself(schema: Schema, schemas: Schemas): Schema {
  const { id, ...rest } = schema;
  if (typeof id !== 'string') return schema;
  schemas[id] = withPlace(rest) as Schema;
  return { $ref: `#/$defs/${id}` };
}

/** References lead to where OpenAPI keeps schemas; names of types are no keywords of theirs. */
function withPlace(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlace);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (key === '$ref' && typeof inner === 'string') {
      return [[key, inner.replace('#/$defs/', '#/components/schemas/')]];
    }
    if (key === 'id' && typeof inner === 'string') return [];
    return [[key, withPlace(inner)]];
  });
  return Object.fromEntries(entries);
}
