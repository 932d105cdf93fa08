/** The head of a response on its way back to the client. */
import type { IncomingHttpHeaders } from 'node:http';

const LEFT_BEHIND = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Names and values in turn, as `ServerResponse.writeHead` takes them. */
export type FlatHeaders = (string | string[])[];

/**
 * The headers that are passed on; `null` when the body has a transfer coding that the client would not be
 * told of.
 */
export function passedOn(headers: IncomingHttpHeaders, status = 200): FlatHeaders | null {
  const flat: FlatHeaders = [];
  const dropped = namedHeaders(headers.connection);
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || dropped?.has(name)) continue;
    // A length where there is no body makes sloppy clients wait for one.
    if (name === 'content-length' && (status < 200 || status === 204)) continue;
    if (!LEFT_BEHIND.has(name)) flat.push(name, value);
    else if (name === 'transfer-encoding' && String(value).toLowerCase() !== 'chunked') return null;
  }
  return flat;
}

/** What would change how the response before it is read, were a client to add it to the headers. */
const NEVER_TRAILERS = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'host',
  'location',
  'set-cookie',
]);

/** The trailers that are passed on, as pairs. */
export function trailersPassedOn(trailers: IncomingHttpHeaders): [name: string, value: string][] {
  return Object.entries(trailers).flatMap(([name, value]) => {
    if (value === undefined || LEFT_BEHIND.has(name) || NEVER_TRAILERS.has(name)) return [];
    return [value].flat().map((one): [string, string] => [name, one]);
  });
}

/** Undici hands over a header that came more than once as an array, whatever its type says. */
function namedHeaders(connection: string | string[] | undefined): Set<string> | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null;
  const names = [connection].flat().join(',').toLowerCase().split(',');
  return new Set(names.map((name) => name.trim()));
}
