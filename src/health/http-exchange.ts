import http from 'node:http';
import https from 'node:https';
import { placeOf } from './place.ts';

/** How much of a body is read. */
const MAX_BODY_BYTES = 64 * 1024;
const SWITCHING_PROTOCOLS = 101;

export interface HttpQuestion {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: HttpTlsOptions;
}

/** How an HTTPS server is judged, and how the check shows who it is. */
export interface HttpTlsOptions {
  /** Whether the certificate must be good. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** Certificate authorities to trust instead of the well-known ones; PEM. */
  readonly ca?: string | Buffer | (string | Buffer)[];
  /** The name that is asked for (SNI) and that the certificate must be for. Default: the URL's host. */
  readonly servername?: string;
  /** The check's own certificate; PEM. */
  readonly cert?: string | Buffer;
  /** The key of `cert`; PEM. */
  readonly key?: string | Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** As UTF-8, the first 64 KiB. */
  readonly body: string;
}

/**
 * A connection for each question, closed after it: one that was kept could be dead, or lead to an instance that
 * takes no new ones. No TLS session is kept either, so that each certificate is judged anew.
 */
const httpAgent = new http.Agent({ keepAlive: false });
const httpsAgent = new https.Agent({ keepAlive: false, maxCachedSessions: 0 });

/** `host:port` of the URL, whose port may be left out. */
export function placeOfUrl(url: URL): string {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return placeOf({ host, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) });
}

/**
 * Sends one request and reads the answer, its body up to 64 KiB. Rejects with the system's error, or with one
 * that says in words how far it came when the answer breaks off or the signal is aborted.
 */
export async function exchange(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const place = placeOfUrl(question.url);
  let missing = `no ${question.url.protocol === 'https:' ? 'TLS ' : ''}connection to ${place}`;
  try {
    const response = await send(question, signal, () => {
      missing = `no answer from ${place}`;
    });
    missing = `no end of the answer from ${place}`;
    const body = response.statusCode === SWITCHING_PROTOCOLS ? '' : await readBody(response);
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  } catch (thrown) {
    if (signal.aborted) throw new Error(missing, { cause: thrown });
    if (isCutOff(thrown)) throw new Error(`connection closed: ${missing}`, { cause: thrown });
    throw thrown;
  }
}

function send(
  question: HttpQuestion,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<http.IncomingMessage> {
  const { url, method, headers, tls } = question;
  const isSecure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = isSecure
      ? https.request(url, { ...tls, method, headers, signal, agent: httpsAgent })
      : http.request(url, { method, headers, signal, agent: httpAgent });
    request.once('socket', (socket) => socket.once(isSecure ? 'secureConnect' : 'connect', onConnected));
    request.once('response', resolve);
    request.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    request.on('error', reject);
    request.end();
  });
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

/** The other side hung up, or reset the connection, once there was one. */
function isCutOff(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
