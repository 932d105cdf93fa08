/**
 * Sends one message. The address that is connected to is the one that was looked at: a name that leads to a private
 * network is refused after it was resolved, and no redirect is followed.
 */
import { lookup } from 'node:dns';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { LinkedAbort } from '../linked-abort.ts';
import { isPrivate } from './private-addresses.ts';

const TIMEOUT_MS = 10_000;

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** What came of it; `null` when it was taken. */
export interface Refusal {
  readonly why: string;
  /** It is no use to send it again. */
  readonly isFinal: boolean;
}

/** Rejects only with the reason of `signal`. */
export async function post({ url, body, headers, allowPrivate, signal }: Post): Promise<Refusal | null> {
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(host) !== 0 && isPrivate(host)) return { why: notAllowed(host), isFinal: false };
  using until = new LinkedAbort(signal, AbortSignal.timeout(TIMEOUT_MS));
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    // Nobody else's connections are taken for it.
    agent: false,
    signal: until.signal,
    ...(allowPrivate ? {} : { lookup: lookupPublic }),
  };
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest;
  try {
    const status = await new Promise<number>((resolve, reject) => {
      const sent = request(target, options, (response) => {
        // What it says does not matter, and may be long.
        response.destroy();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject);
      sent.end(body);
    });
    return judge(status);
  } catch (error) {
    signal.throwIfAborted();
    const isLate = error instanceof Error && error.name === 'AbortError';
    return { why: isLate ? `no answer within ${TIMEOUT_MS / 1_000} s` : wordsOf(error), isFinal: false };
  }
}

function judge(status: number): Refusal | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return { why: `it answers ${status}, a redirect, and none is followed`, isFinal: false };
  }
  return { why: `it answers ${status}`, isFinal: status === 410 };
}

/** All addresses of the name have to be public. */
const lookupPublic: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    const bad = addresses?.find(({ address }) => isPrivate(address));
    if (error !== null) callback(error, []);
    else if (bad !== undefined) callback(new Error(notAllowed(`${host} (${bad.address})`)), []);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  });
};

function notAllowed(where: string): string {
  return `${where} is this machine or in a private network, which is not allowed: set allowPrivate`;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
