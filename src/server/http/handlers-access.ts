/** Signing in, tokens, the record, and how the server is. */
import type { SessionView } from '../api/access-answers.ts';
import { EVERYWHERE, may, permissionsOf } from '../api/may.ts';
import type { Grant, Identity } from '../api/permissions.ts';
import type { Session } from '../store/session-store.ts';
import { type AppContext, type Handlers, ok } from './context.ts';
import { refuse } from './problems.ts';
import { forbid } from './routes.ts';

type AccessHandlers = Pick<
  Handlers,
  | 'signIn'
  | 'session'
  | 'signOut'
  | 'listTokens'
  | 'createToken'
  | 'revokeToken'
  | 'audit'
  | 'health'
  | 'ready'
  | 'metrics'
>;

const DEFAULT_LIMIT = 50;

export function accessHandlers(context: AppContext): AccessHandlers {
  const { store, authentication, operations, streams, metrics } = context;
  return {
    signIn: async ({ body, request, reply }) => {
      const { identity, session } = await authentication.signIn(request, reply, body.token);
      const { name: by, token } = identity;
      const where = { environment: null, service: null, deployment: null };
      const entry = { by, token, operation: 'signIn', ...where, detail: {}, address: request.ip };
      store.audit.answered(store.audit.asked(entry), 200, null);
      return ok(sessionView(context, identity, session));
    },
    session: async ({ request }) => {
      const { identity, session } = await authentication.identify(request);
      return ok(sessionView(context, identity, session));
    },
    signOut: ({ request, reply }) => {
      authentication.signOut(request, reply);
      return { status: 204 };
    },
    listTokens: ({ who }) => {
      return ok({ items: store.tokens.list().filter(({ grants }) => administers(who, grants)) });
    },
    createToken: ({ who, body }) => {
      const { name, grants, expiresAt, trigger } = body;
      assertAdministers(who, grants);
      const made = store.tokens.make({
        name,
        grants,
        by: who.name,
        ...(expiresAt === undefined ? {} : { expiresAt }),
        ...(trigger === undefined ? {} : { trigger }),
      });
      return { status: 201, body: made };
    },
    revokeToken: ({ who, params }) => {
      const token = store.tokens.find(params.id);
      if (token === null) refuse('NOT_FOUND', `there is no token ${params.id}`, 'See GET /api/v1/tokens.');
      assertAdministers(who, token.grants);
      const revoked = store.tokens.revoke(params.id, who.name);
      streams.endOf({ token: params.id });
      return ok(revoked);
    },
    audit: ({ who, query, where }) => {
      const { by, operation, since, cursor, limit = DEFAULT_LIMIT } = query;
      const before = cursor === undefined ? undefined : positionOf(cursor);
      const environments = auditedBy(who, where.environment);
      const items = store.audit.list({
        limit: limit + 1,
        ...(environments === null ? {} : { environments }),
        ...(by === undefined ? {} : { by }),
        ...(operation === undefined ? {} : { operation }),
        ...(since === undefined ? {} : { since }),
        ...(before === undefined ? {} : { before }),
      });
      const shown = items.slice(0, limit);
      return ok({ items: shown, cursor: items.length > limit ? String(shown.at(-1)?.id) : null });
    },
    health: () => ok({ status: 'ok' }),
    ready: async () => {
      if (context.isStopping())
        refuse('STOPPING', 'the server stops', 'Another one takes over, or it comes back.');
      await operations.deployments({ limit: 1 });
      return ok({ status: 'ready' });
    },
    metrics: async () => {
      return { status: 200, body: await metrics.text(), headers: { 'content-type': metrics.contentType } };
    },
  };
}

function sessionView({ operations, store }: AppContext, who: Identity, session: Session | null): SessionView {
  const environments = [...new Set(operations.services().map(({ environment }) => environment))];
  const token = store.tokens.find(who.token);
  const ends = [session?.expiresAt, token?.expiresAt].filter((at) => typeof at === 'number');
  return {
    name: who.name,
    token: who.token,
    grants: [...who.grants],
    trigger: who.trigger ?? null,
    may: Object.fromEntries(
      Object.entries(permissionsOf(who, environments)).map(([place, permissions]) => [
        place,
        [...permissions],
      ]),
    ),
    csrf: session?.csrf ?? null,
    expiresAt: ends.length === 0 ? null : Math.min(...ends),
  };
}

function administers(who: Identity, grants: readonly Grant[]): boolean {
  return grants.every(({ environment }) => may(who, 'administer', environment));
}

/** Nobody gives, or takes away, more than they have. */
function assertAdministers(who: Identity, grants: readonly Grant[]): void {
  const beyond = grants.find(({ environment }) => !may(who, 'administer', environment));
  if (beyond !== undefined) forbid(who, 'administer', beyond.environment);
}

/** The environments whose record they may read; `null`: all of it. */
function auditedBy(who: Identity, wanted: string | null): readonly string[] | null {
  if (wanted !== null && wanted !== EVERYWHERE) return [wanted];
  if (may(who, 'administer', EVERYWHERE)) return null;
  return who.grants.map(({ environment }) => environment).filter((place) => may(who, 'administer', place));
}

function positionOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  return refuse('INVALID_INPUT', 'the cursor is none of this list', 'Begin without one.');
}
