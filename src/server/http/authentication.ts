/**
 * Who asks: the one whose token stands in the Authorization header, or whose session in the cookie. A cookie is sent by
 * the browser whoever made it ask, so whatever changes something needs two things more that no other site can give:
 * the token against forgery that only a page of ours can read, and an Origin that is ours.
 */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../api/permissions.ts';
import { makeProblem } from '../api/problem.ts';
import type { ServerStore } from '../store/server-store.ts';
import type { Session } from '../store/session-store.ts';
import { ProblemError, refuse } from './problems.ts';
import type { Reach } from './reach.ts';

const WINDOW_MS = 60_000;
const MOST_SIGN_INS = 10;
const MOST_FAILURES = 30;

export interface Asker {
  readonly identity: Identity;
  /** `null` when a token was sent itself. */
  readonly session: Session | null;
}

type Limit = ReturnType<FastifyInstance['createRateLimit']>;

export class Authentication {
  readonly #store: ServerStore;
  readonly #reach: Reach;
  readonly #cookie: string;
  readonly #signIns: Limit;
  readonly #failures: Limit;

  /** `app` has the plugins for cookies and rate limits. */
  constructor(app: FastifyInstance, store: ServerStore, reach: Reach) {
    this.#store = store;
    this.#reach = reach;
    // Ports share their cookies: two servers on one machine must not end each other's sessions.
    const name = `sluice-${store.identity}`;
    this.#cookie = this.#isSecure() ? `__Host-${name}` : name;
    this.#signIns = app.createRateLimit({ max: MOST_SIGN_INS, timeWindow: WINDOW_MS });
    this.#failures = app.createRateLimit({ max: MOST_FAILURES, timeWindow: WINDOW_MS });
  }

  /** Throws a problem unless somebody is signed in. */
  async identify(request: FastifyRequest): Promise<Asker> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return await this.#byToken(request, authorization);
    const cookie = request.cookies[this.#cookie];
    const session = cookie === undefined ? null : this.#store.sessions.find(cookie);
    const identity = session === null ? null : this.#store.tokens.identity(session.token);
    if (session === null || identity === null) {
      throw unauthenticated(cookie === undefined ? 'there is no token in it' : 'the session is over');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') this.#assertOwnPage(request, session);
    return { identity, session };
  }

  /** Exchanges a token for a cookie. */
  async signIn(request: FastifyRequest, reply: FastifyReply, token: string): Promise<Asker> {
    this.#assertSameOrigin(request, 'may be missing');
    await this.#count(this.#signIns, request, 'tried to sign in');
    const identity = this.#store.tokens.verify(token.trim());
    if (identity === null) {
      this.#store.audit.signInFailed(request.ip, 401);
      throw unauthenticated('the token is unknown, expired or revoked');
    }
    if (identity.trigger !== undefined) {
      this.#store.audit.signInFailed(request.ip, 403, identity);
      refuse('FORBIDDEN', 'this token is for CI, and cannot sign in', 'Use a token of your own.');
    }
    const { cookie, session } = this.#store.sessions.begin(identity.token);
    const expires = new Date(session.expiresAt);
    void reply.setCookie(this.#cookie, cookie, { ...this.#cookieOptions(), expires });
    return { identity, session };
  }

  signOut(request: FastifyRequest, reply: FastifyReply): void {
    const cookie = request.cookies[this.#cookie];
    if (cookie !== undefined) this.#store.sessions.end(cookie);
    void reply.clearCookie(this.#cookie, this.#cookieOptions());
  }

  async #byToken(request: FastifyRequest, authorization: string): Promise<Asker> {
    const [, token = ''] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    const identity = this.#store.tokens.verify(token);
    if (identity !== null) return { identity, session: null };
    // One that is good is let in all the same: a colleague behind the same address does no harm.
    await this.#count(this.#failures, request, 'sent a token that is not good');
    throw unauthenticated('the token is unknown, expired or revoked');
  }

  #assertOwnPage(request: FastifyRequest, { csrf }: Session): void {
    this.#assertSameOrigin(request, 'has to be there');
    const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
    const expected = Buffer.from(csrf);
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    refuse(
      'CROSS_SITE',
      'X-CSRF-Token is missing or wrong',
      'Send what `csrf` of GET /api/v1/session says; or a token in Authorization, which needs neither.',
    );
  }

  #assertSameOrigin(
    { headers, protocol }: FastifyRequest,
    origin: 'may be missing' | 'has to be there',
  ): void {
    const own = this.#reach.publicUrl?.origin ?? `${protocol}://${headers.host ?? ''}`;
    const site = headers['sec-fetch-site'];
    const isFine = headers.origin === undefined ? origin === 'may be missing' : headers.origin === own;
    if (isFine && (site === undefined || site === 'same-origin' || site === 'none')) return;
    refuse(
      'CROSS_SITE',
      `the request comes from ${headers.origin ?? 'no page'}, and the dashboard is at ${own}`,
      'Behind a reverse proxy, start the server with the address that people use: sluice serve --public-url URL.',
    );
  }

  async #count(limit: Limit, request: FastifyRequest, what: string): Promise<void> {
    const verdict = await limit(request);
    if (verdict.isAllowed || !verdict.isExceeded) return;
    const seconds = verdict.ttlInSeconds;
    const detail = `${request.ip} ${what} too often`;
    const problem = makeProblem('TOO_MANY_ATTEMPTS', detail, `Try again in ${seconds} seconds.`);
    throw new ProblemError(problem, { 'retry-after': String(seconds) });
  }

  #isSecure(): boolean {
    return this.#reach.publicUrl?.protocol === 'https:';
  }

  #cookieOptions() {
    return { path: '/', httpOnly: true, sameSite: 'strict', secure: this.#isSecure() } as const;
  }
}

function unauthenticated(detail: string): ProblemError {
  const remedy =
    'Send `Authorization: Bearer slu_...`. A token is made by `sluice token create`, or by an admin.';
  return new ProblemError(makeProblem('UNAUTHENTICATED', detail, remedy), {
    'www-authenticate': 'Bearer realm="sluice"',
  });
}
