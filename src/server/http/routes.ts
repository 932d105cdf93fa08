/**
 * Makes routes of the table. Each request goes the same way: who asks, whether they may at all, whether what they ask
 * makes sense, where it acts, whether they may there; then it is recorded, done and answered.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { ENDPOINTS } from '../api/endpoints.ts';
import { EVERYWHERE, may, mayAnywhere } from '../api/may.ts';
import type { Identity, Permission } from '../api/permissions.ts';
import { makeProblem } from '../api/problem.ts';
import type { Answer, AppContext, Call, Handlers, Where } from './context.ts';
import { Places } from './places.ts';
import { ProblemError, problemOf, refuse } from './problems.ts';
import { Repeats } from './repeats.ts';
import { serveStream } from './server-sent-events.ts';

/** Whoever uses what is open to anybody. */
const NOBODY: Identity = { name: 'nobody', token: '', grants: [] };

/** Any of these is enough; what one signal needs, its handler asks. */
const ENOUGH: Readonly<Record<'signal' | 'outcome', readonly Permission[]>> = {
  signal: ['deploy', 'approve', 'abort'],
  // Whoever may set it off may see what comes of it.
  outcome: ['read', 'trigger'],
};

type AnyHandler = (call: Call) => Answer | Promise<Answer>;

export function addRoutes(app: FastifyInstance, context: AppContext, handlers: Handlers): void {
  const places = new Places(context.operations, context.defaultEnvironment);
  const repeats = new Repeats(context.store.answers, context.run);
  for (const [operation, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const handler: AnyHandler = handlers[operation as keyof Handlers];
    app.route({
      method: endpoint.method,
      url: endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      // Before the body is read: nobody makes the server read what it will refuse.
      onRequest: async (request) => {
        const who =
          endpoint.needs === 'open' ? NOBODY : (await context.authentication.identify(request)).identity;
        assertMayAnywhere(endpoint, who);
        request.who = who;
      },
      handler: async (request, reply) => {
        const { who } = request;
        const parts = {
          params: part(endpoint.params, request.params, 'path'),
          query: part(endpoint.query, request.query, 'query'),
          body: endpoint.method === 'POST' ? part(endpoint.body, request.body ?? {}, 'body') : {},
        };
        const where = await places.of(endpoint, parts);
        assertMayThere(endpoint, who, where);
        const call: Call = { ...parts, who, where, request, reply };
        const perform = () => recorded(context, operation, endpoint, call, async () => await handler(call));
        const answer = await repeats.answer(endpoint, request, who, perform);
        if ('stream' in answer) await serveStream(context, reply, who, answer);
        else await send(reply, endpoint, answer);
      },
      onResponse: (_request, reply, done) => {
        context.metrics.answered(operation, reply.statusCode, reply.elapsedTime);
        done();
      },
    });
  }
}

async function send(
  reply: FastifyReply,
  { media }: Endpoint,
  { status, body, headers = {} }: Exclude<Answer, { stream: unknown }>,
): Promise<void> {
  void reply.code(status).headers(headers);
  if (media === 'text/plain' || body === undefined) await reply.send(body);
  else await reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
}

/** One part of the request, as its schema says; throws a problem with everything that is wrong with it. */
function part(schema: z.ZodType, given: unknown, place: 'path' | 'query' | 'body'): unknown {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(leaves).map(({ path, message }) => ({
    in: place,
    path: path.map(String).join('.'),
    message,
  }));
  const [first] = problems;
  const where = first === undefined || first.path === '' ? place : `${first.path} in the ${place}`;
  const detail = `${where}: ${first?.message ?? 'it cannot be used'}`;
  throw new ProblemError(
    makeProblem('INVALID_REQUEST', detail, 'See /api/docs for what it takes.', { problems }),
  );
}

/** Of alternatives none of which fits, what is wrong with the one that fits best. */
function leaves(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [best] = issue.errors.toSorted((a, b) => a.length - b.length);
  return best === undefined ? [issue] : best.flatMap(leaves);
}

function assertMayAnywhere({ needs }: Endpoint, who: Identity): void {
  if (needs === 'open' || needs === 'signed-in') return;
  const permissions = enoughFor(needs);
  if (!permissions.some((permission) => mayAnywhere(who, permission))) {
    forbid(who, permissions.join(' or '), 'anywhere');
  }
}

function assertMayThere({ needs, place }: Endpoint, who: Identity, { service, environment }: Where): void {
  if (needs === 'open' || needs === 'signed-in') return;
  const there = place === 'everywhere' ? EVERYWHERE : environment;
  if (there === null) return;
  const permissions = enoughFor(needs);
  if (!permissions.some((permission) => may(who, permission, there))) {
    forbid(who, permissions.join(' or '), there);
  }
  if (who.trigger !== undefined && who.trigger.service !== service) {
    refuse('FORBIDDEN', `this token may trigger ${who.trigger.service} and nothing else`);
  }
}

function enoughFor(needs: Exclude<Endpoint['needs'], 'open' | 'signed-in'>): readonly Permission[] {
  return needs === 'signal' || needs === 'outcome' ? ENOUGH[needs] : [needs];
}

/** Throws the problem of somebody who may not. */
export function forbid(who: Identity, permission: string, environment: string): never {
  const places: Record<string, string> = { [EVERYWHERE]: 'in all environments', anywhere: 'anywhere' };
  const where = places[environment] ?? `in ${environment}`;
  refuse('FORBIDDEN', `${who.name} may not ${permission} ${where}`, 'Ask an admin for a token that may.');
}

/** Does it, and records who asked for it and what came of it. What only reads is not recorded. */
async function recorded(
  context: AppContext,
  operation: string,
  { method, needs }: Endpoint,
  { who, where, params, body, request }: Call,
  perform: () => Promise<Answer>,
): Promise<Answer> {
  // Who signs in is known only afterwards.
  if (method === 'GET' || needs === 'open') return await perform();
  const { audit } = context.store;
  const detail = { ...(params as Record<string, Json>), ...(body as Record<string, Json>) };
  const id = audit.asked({
    by: who.name,
    token: who.token,
    operation,
    ...where,
    detail,
    address: request.ip,
  });
  try {
    const answer = await perform();
    if ('status' in answer) audit.answered(id, answer.status, deploymentIn(answer.body));
    return answer;
  } catch (error) {
    audit.answered(id, problemOf(error)?.status ?? 500, null);
    throw error;
  }
}

function deploymentIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('deployment' in body)) return null;
  return typeof body.deployment === 'string' ? body.deployment : null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, once that is known. */
    who: Identity;
  }
}
