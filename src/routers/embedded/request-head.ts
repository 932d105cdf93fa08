/**
 * The head of a request on its way through: what is passed on, what stays behind, what is added. Framing
 * itself (both lengths given, bad chunks, folded lines) is refused by Node's strict parser before.
 */
import type { IncomingMessage } from 'node:http';
import { badRequest, type Refusal } from './refusal.ts';
import type { ServiceRoute } from './service-route.ts';

export interface RequestHead {
  readonly method: string;
  /** Begins with `/`. */
  readonly path: string;
  /** Names and values in turn, as undici takes them. */
  readonly headers: string[];
  readonly hasBody: boolean;
  /** All cookies of the request, as they came. */
  readonly cookies: string | null;
  /** The tester's choice. */
  readonly release: string | null;
}

/** Headers that concern one connection only, or that the router writes itself. */
const LEFT_BEHIND = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

/** Naming these in Connection does not take them away: the backend could not tell where the request ends. */
const PROTECTED = new Set(['host', 'content-length']);

/** Servers that hand headers to programs as variables (CGI, WSGI, PHP) read `x_y` and `x-y` as one. */
const UNDERSCORES = /_/g;

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i;

/** Reads the head of a request for the service of `route` that came in at `port`. */
export function readHead(request: IncomingMessage, route: ServiceRoute, port: number): RequestHead | Refusal {
  if (request.method === 'TRACE') return badRequest('TRACE would give secrets of the client away');
  const raw = request.rawHeaders;
  const headers: string[] = [];
  const forwarded: Forwarded = { for: '', proto: '', host: '', port: '' };
  let host = '';
  let hasBody = false;
  let cookies: string | null = null;
  let release: string | null = null;
  let dropped: Set<string> | null = null;

  for (let i = 0; i < raw.length; i += 2) {
    const spelled = raw[i]!;
    const value = raw[i + 1]!;
    const name = spelled.toLowerCase();
    if (LEFT_BEHIND.has(name)) {
      if (name === 'connection') dropped = namedHeaders(value, dropped);
      else if (name === 'transfer-encoding') {
        const reason = whyUnclear(request, value);
        if (reason !== null) return badRequest(reason);
        hasBody = true;
      } else if (name === 'te' && value.toLowerCase().includes('trailers')) headers.push('te', 'trailers');
      else if (name.startsWith('x-forwarded-')) noteForwarded(forwarded, name, value);
      continue;
    }
    if (name.includes('_') && isOurs(name.replace(UNDERSCORES, '-'))) continue;
    if (name === 'host') host = value;
    else if (name === 'content-length') {
      // Beyond, numbers are rounded: it would not be the same to everybody.
      if (!(Number(value) <= Number.MAX_SAFE_INTEGER)) return badRequest('its body is too long');
      hasBody = Number(value) > 0;
    } else if (name === 'cookie') cookies = cookies === null ? value : `${cookies}; ${value}`;
    else if (name === route.releaseHeader) release = value;
    headers.push(spelled, value);
  }

  const path = originForm(request.url!, host);
  if (path === null) return badRequest('its target is neither a path nor a URL of this host');
  addForwarded(headers, forwarded, request, route, host, port);
  const kept = dropped === null ? headers : without(headers, dropped);
  return { method: request.method!, path, headers: kept, hasBody, cookies, release };
}

/** Why somebody could take the end of a chunked body to be elsewhere; `null` when nobody can. */
function whyUnclear({ httpVersionMinor }: IncomingMessage, coding: string): string | null {
  if (coding.toLowerCase() !== 'chunked') return 'its body has a transfer coding other than chunked';
  return httpVersionMinor === 0 ? 'HTTP/1.0 has no chunked bodies' : null;
}

/** Headers that nobody but the router, or the parser, has a say in. */
function isOurs(name: string): boolean {
  return LEFT_BEHIND.has(name) || PROTECTED.has(name);
}

/** The names in a Connection header, besides those that are left behind anyway. */
function namedHeaders(value: string, before: Set<string> | null): Set<string> | null {
  let named = before;
  for (const token of value.toLowerCase().split(',')) {
    const name = token.trim();
    if (name === 'close' || isOurs(name) || name === '') continue;
    named = (named ?? new Set()).add(name);
  }
  return named;
}

function without(headers: readonly string[], dropped: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (!dropped.has(headers[i]!.toLowerCase())) kept.push(headers[i]!, headers[i + 1]!);
  }
  return kept;
}

/** A target that names a host must name the one that the Host header names: only one of them can be right. */
function originForm(target: string, host: string): string | null {
  if (target.startsWith('/')) return target;
  const parts = ABSOLUTE_FORM.exec(target);
  if (parts === null || parts[1]!.toLowerCase() !== host.toLowerCase()) return null;
  return parts[2]!.startsWith('/') ? parts[2]! : `/${parts[2]}`;
}

interface Forwarded {
  for: string;
  proto: string;
  host: string;
  port: string;
}

function noteForwarded(forwarded: Forwarded, name: string, value: string): void {
  const field = name.slice('x-forwarded-'.length) as keyof Forwarded;
  forwarded[field] = forwarded[field] === '' ? value : `${forwarded[field]}, ${value}`;
}

function addForwarded(
  headers: string[],
  came: Forwarded,
  request: IncomingMessage,
  route: ServiceRoute,
  host: string,
  port: number,
): void {
  const client = plainAddress(request.socket.remoteAddress ?? 'unknown');
  const trust = route.trustForwarded;
  headers.push('X-Forwarded-For', came.for === '' ? client : `${came.for}, ${client}`);
  headers.push('X-Forwarded-Proto', trust && came.proto !== '' ? came.proto : 'http');
  headers.push('X-Forwarded-Port', trust && came.port !== '' ? came.port : String(port));
  const clientHost = trust && came.host !== '' ? came.host : host;
  if (clientHost !== '') headers.push('X-Forwarded-Host', clientHost);
}

const MAPPED_IPV4 = '::ffff:';

function plainAddress(address: string): string {
  return address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
}
