/** What holds for every request: whom it may be addressed to, and what browsers are told of the answer. */
import { BlockList, isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from './problems.ts';
import type { Reach } from './reach.ts';

/**
 * Scripts only from files of ours. Styles may stand in the page: the components of the dashboard write their sizes and
 * colours there, and a style cannot call anybody (pictures and fonts are ours alone, too).
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only this machine reaches what listens on this host. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  if (family === 0) return /^(?:[a-z0-9-]+\.)*localhost$/i.test(bare);
  return LOOPBACK.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers(HEADERS);
  // What the API says is said to one person, and true for a moment.
  if (isOfApi(request.url)) void reply.header('cache-control', 'no-store');
}

/** Whether the path is one for programs, where a page would be no answer. */
export function isOfApi(url: string): boolean {
  return /^\/(?:api(?:[/?]|$)|(?:healthz|readyz|metrics)(?:\?|$))/.test(url);
}

/**
 * Refuses a name that is none of this server's. A page of somebody else could have its own name lead to 127.0.0.1, and
 * would then be taken for a page of the same origin by the browser.
 */
export function assertOwnHost({ headers }: FastifyRequest, { loopback, publicUrl }: Reach): void {
  const host = (headers.host ?? '').toLowerCase();
  if (publicUrl !== null && host === publicUrl.host) return;
  const name = host.replace(/:\d+$/, '');
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  if (isLoopback(name) || (!loopback && (publicUrl === null || isAddress))) return;
  refuse(
    'MISDIRECTED',
    `${JSON.stringify(host.slice(0, 100))} is not the name of this server`,
    'Behind a reverse proxy, start it with the address that people use: sluice serve --public-url URL.',
  );
}
