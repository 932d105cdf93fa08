import { requireOption } from './check-options.ts';
import type { CheckResult } from './health-check.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { excerpt, hasText, inWords } from './text.ts';

/** From one status to another, both included: `'200-399'`. */
export type StatusRange = `${number}-${number}`;

/** What an answer must be to count as healthy. */
export interface HttpExpectations {
  /** A status, a range, or a list of both: `204`, `'200-399'`, `[200, 404, '300-308']`. Default `'200-299'`. */
  readonly expectStatus?: number | StatusRange | readonly (number | StatusRange)[];
  /** Text that the first 64 KiB of the body contain, or an expression that they match. */
  readonly expectBody?: string | RegExp;
  /** Headers that the answer has, by name: the exact value, or an expression that it matches. */
  readonly expectHeaders?: Readonly<Record<string, string | RegExp>>;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Judges an answer that took `tookMs`. */
type HttpJudge = (answer: HttpAnswer, tookMs: number) => CheckResult;

/** Reads the expectations once; throws `InvalidInputError` naming the option that makes no sense. */
export function httpJudge(check: string, expectations: HttpExpectations): HttpJudge {
  const { expectStatus = '200-299', expectBody, expectHeaders = {} } = expectations;
  const ranges = statusRanges(check, expectStatus);
  const headers = Object.entries(expectHeaders);
  const wantedStatus =
    expectations.expectStatus === undefined ? '' : `, expected ${ranges.map(rangeInWords).join(' or ')}`;

  return (answer, tookMs) => {
    const said = `HTTP ${answer.status}`;
    if (!ranges.some(({ from, to }) => answer.status >= from && answer.status <= to)) {
      return unhealthy(said + redirection(answer) + wantedStatus + bodyExcerpt(answer));
    }
    for (const [name, wanted] of headers) {
      const value = headerOf(answer, name);
      if (value === undefined) return unhealthy(`${said} without the header ${name}`);
      if (!isHeader(value, wanted)) {
        return unhealthy(`${said} with ${name}: ${excerpt(value)}, expected ${inWords(wanted)}`);
      }
    }
    if (expectBody !== undefined && !hasText(answer.body, expectBody)) {
      return unhealthy(`${said}, expected a body with ${inWords(expectBody)}${bodyExcerpt(answer)}`);
    }
    return { status: 'healthy', message: `${said} in ${Math.round(tookMs)} ms` };
  };
}

function statusRanges(check: string, expected: NonNullable<HttpExpectations['expectStatus']>): Range[] {
  const list = Array.isArray(expected) ? expected : [expected];
  requireOption(check, 'expectStatus', list, list.length > 0, 'a status, a range such as 200-399, or a list');
  return list.map((item: number | StatusRange) => {
    const [, from, to] = /^(\d{3})-(\d{3})$/.exec(String(item)) ?? [null, item, item];
    const range = { from: Number(from), to: Number(to) };
    const isStatus = (status: number) => Number.isInteger(status) && status >= 100 && status <= 599;
    const fits = isStatus(range.from) && isStatus(range.to) && range.from <= range.to;
    requireOption(check, 'expectStatus', item, fits, 'a status from 100 to 599, or a range such as 200-399');
    return range;
  });
}

function rangeInWords({ from, to }: Range): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function unhealthy(message: string): CheckResult {
  return { status: 'unhealthy', message };
}

function headerOf(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

function isHeader(value: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? value === wanted : hasText(value, wanted);
}

/** Where a refused redirect leads, without its query: most often the path of the check is what is wrong. */
function redirection(answer: HttpAnswer): string {
  const path = answer.headers.location?.split('?')[0];
  return path === undefined ? '' : ` to ${excerpt(path)}`;
}

function bodyExcerpt(answer: HttpAnswer): string {
  return answer.body.trim() === '' ? '' : `: ${excerpt(answer.body)}`;
}
