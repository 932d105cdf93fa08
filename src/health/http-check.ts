import { validateHeaderName, validateHeaderValue } from 'node:http';
import { createSecureContext } from 'node:tls';
import { InvalidInputError, messageOf } from '../errors.ts';
import { type CheckOptions, requireOption, scheduleOf } from './check-options.ts';
import { resultOfFault } from './fault.ts';
import type { CheckResult, CheckSubject, HealthCheck } from './health-check.ts';
import {
  exchange,
  type HttpAnswer,
  type HttpQuestion,
  type HttpTlsOptions,
  placeOfUrl,
} from './http-exchange.ts';
import { type HttpExpectations, httpJudge } from './http-expectation.ts';
import { noAddress, placeOf } from './place.ts';
import { excerpt } from './text.ts';

export interface HttpCheckOptions extends CheckOptions, HttpExpectations {
  /** Path on the instance's own address, with its query: `/health`. Either this or `url`. */
  readonly path?: string;
  /** A full URL, the same for every instance. Either this or `path`. */
  readonly url?: string;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * `refuse` (default): a redirect is judged by its status as any other answer. `follow`: goes after up to 5 of
   * them and judges the last answer; headers and own certificate are not taken to another origin.
   */
  readonly redirects?: 'follow' | 'refuse';
  /** With `path`: its presence, even empty, means HTTPS. */
  readonly tls?: HttpTlsOptions;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const PATH = /^\/[^\s\p{Cc}]*$/u;
const METHOD = /^[A-Z]{1,20}$/;

/**
 * Asks by HTTP, over a new connection each time, and judges status, headers and the first 64 KiB of the body.
 * An answer that breaks off is unhealthy; an instance without an address is unknown.
 * @throws InvalidInputError naming the option that cannot be
 */
export function httpCheck(options: HttpCheckOptions): HealthCheck {
  const { method = 'GET', headers = {}, redirects = 'refuse', tls = {} } = options;
  const schedule = scheduleOf(options, {
    name: defaultName(options),
    scope: options.url === undefined ? 'instance' : 'service',
  });
  const { name } = schedule;
  const urlOf = addressing(schedule, options);
  const judge = httpJudge(name, options);
  requireOption(name, 'method', method, METHOD.test(method) && method !== 'CONNECT', 'a method such as GET');
  requireOption(name, 'redirects', redirects, ['follow', 'refuse'].includes(redirects), 'follow or refuse');
  requireHeaders(name, headers);
  requireTls(name, tls);
  const maxRedirects = redirects === 'follow' ? MAX_REDIRECTS : 0;

  return {
    ...schedule,
    async run(subject, signal) {
      const url = urlOf(subject);
      if (url === null) return noAddress(subject);
      const askedAt = performance.now();
      const answer = await ask({ url, method, headers, tls }, maxRedirects, signal);
      return 'message' in answer ? answer : judge(answer, performance.now() - askedAt);
    },
  };
}

/** The last answer after at most `maxRedirects` redirects, or the verdict when there is none to judge. */
async function ask(
  first: HttpQuestion,
  maxRedirects: number,
  signal: AbortSignal,
): Promise<HttpAnswer | CheckResult> {
  let question = first;
  for (let redirects = 0; ; redirects++) {
    const place = placeOfUrl(question.url);
    let answer: HttpAnswer;
    try {
      answer = await exchange(question, signal);
    } catch (thrown) {
      return resultOfFault(thrown, place);
    }
    const { location } = answer.headers;
    if (maxRedirects === 0 || location === undefined || !REDIRECTS.includes(answer.status)) return answer;
    const next = URL.canParse(location, question.url.href) ? new URL(location, question.url) : null;
    if (next === null || !isHttp(next)) {
      return { status: 'unhealthy', message: `HTTP ${answer.status} of ${place} to ${excerpt(location)}` };
    }
    if (redirects === maxRedirects) {
      return {
        status: 'unhealthy',
        message: `more than ${maxRedirects} redirects, the last to ${placeOfUrl(next)}`,
      };
    }
    question = redirected(question, answer.status, next);
  }
}

/** The next question; what could be a secret does not go to another origin. */
function redirected(question: HttpQuestion, status: number, url: URL): HttpQuestion {
  const becomesGet = status === 303 || (status < 303 && question.method === 'POST');
  const method = becomesGet && question.method !== 'HEAD' ? 'GET' : question.method;
  if (url.origin === question.url.origin) return { ...question, url, method };
  const { cert: _cert, key: _key, servername: _servername, ...trust } = question.tls;
  return { url, method, headers: {}, tls: trust };
}

/** Where a subject is asked; `null` when it has no address. */
function addressing(
  { name, scope }: Pick<HealthCheck, 'name' | 'scope'>,
  { path, url, tls }: HttpCheckOptions,
): (subject: CheckSubject) => URL | null {
  const isOne = (path === undefined) !== (url === undefined);
  requireOption(name, 'path', path, isOne, 'a path such as /health, or give url instead, not both');
  if (url !== undefined) {
    const fixed = URL.canParse(url) ? new URL(url) : null;
    if (fixed === null || !isHttp(fixed)) {
      throw new InvalidInputError(`url of health check ${JSON.stringify(name)} is not an HTTP address`, {
        remedy: 'Make it a full one, such as https://example.com/health.',
      });
    }
    return () => fixed;
  }
  requireOption(name, 'path', path, PATH.test(path ?? ''), 'a path that begins with /, such as /health');
  requireOption(name, 'scope', scope, scope === 'instance', 'instance, or give a full url instead of path');
  const scheme = tls === undefined ? 'http' : 'https';
  return ({ address }) => (address === undefined ? null : new URL(`${scheme}://${placeOf(address)}${path}`));
}

function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

/** Without a URL's user, password and query: they may be secret. */
function defaultName({ path, url }: HttpCheckOptions): string {
  if (url === undefined || !URL.canParse(url)) return `http ${path?.split('?')[0] ?? ''}`.trim();
  const { host, pathname } = new URL(url);
  return `http ${host}${pathname}`;
}

function requireHeaders(name: string, headers: Readonly<Record<string, string>>): void {
  for (const [header, value] of Object.entries(headers)) {
    try {
      validateHeaderName(header);
      validateHeaderValue(header, value);
    } catch (thrown) {
      throw new InvalidInputError(`headers of health check ${JSON.stringify(name)}: ${messageOf(thrown)}`, {
        remedy: 'Make each a header name and a text of one line.',
      });
    }
  }
}

function requireTls(name: string, tls: HttpTlsOptions): void {
  const { ca, cert, key } = tls;
  if (ca === undefined && cert === undefined && key === undefined) return;
  try {
    createSecureContext({ ca, cert, key });
  } catch (thrown) {
    throw new InvalidInputError(`tls of health check ${JSON.stringify(name)}: ${messageOf(thrown)}`, {
      remedy: 'Give ca, cert and key as PEM, and the key that belongs to the certificate.',
    });
  }
}
