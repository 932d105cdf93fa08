/**
 * The file that Sluice writes for an nginx: the upstream of one service and nothing else. The user's own part of the
 * config says `proxy_pass http://api;` and includes it.
 *
 *     # Written by Sluice at each change: what is written here by hand is lost.
 *     # split {"release":"2.0.0-3f2a9c41d07b","percent":10}
 *     upstream api {
 *         zone sluice_api 257k;
 *         server 10.0.0.1:8080 weight=9; # {"target":"web-1","release":"1.0.0-8c1d20b7aa35",...}
 *         # leaving {"target":"web-3","release":"1.0.0-8c1d20b7aa35",...}
 *     }
 *
 * What nginx makes nothing of is in comments, as JSON, which leaves no line break in them. Pure.
 */
import { isIPv6 } from 'node:net';
import { assertName } from '../../domain/names.ts';
import type { Address } from '../../domain/target.ts';
import { InvalidInputError, OperationError } from '../../errors.ts';
import { type Pool, readBackend, readSplit } from '../pool.ts';
import type { Backend } from '../router.ts';
import { weightsFor } from '../weights.ts';

const HEAD = '# Written by Sluice at each change: what is written here by hand is lost.';
const HEAVIEST = 256;

/** nginx has none without a server: this one is never asked. */
const NOBODY = 'server 127.0.0.1:9 down; # nobody';

/** A word of a `server` line, such as `max_fails=3`. */
const WORD = /^[a-z_]+(?:=[A-Za-z0-9._-]+)?$/;

/** nginx reads a comment, as any word, into a buffer of 4096 bytes. */
const LONGEST_LINE_BYTES = 3_800;

/** @throws InvalidInputError unless an upstream can be called so */
export function assertUpstream(name: string): void {
  assertName('service', name);
}

/** @throws InvalidInputError for what cannot be one word of a `server` line */
export function assertServerWord(word: string): void {
  // `down`, `backup` and the weight are Sluice's affair.
  if (WORD.test(word) && !/^(?:down|backup|weight\b)/.test(word)) return;
  throw new InvalidInputError(`${JSON.stringify(word)} cannot be one word of a server line of nginx`, {
    remedy: 'Give each word by itself, such as "max_fails=3", "fail_timeout=5s".',
  });
}

/** The file with this pool. @throws InvalidInputError for names that are too long for a line of nginx */
export function writeUpstream(upstream: string, pool: Pool, serverWords: readonly string[]): string {
  assertUpstream(upstream);
  for (const word of serverWords) assertServerWord(word);
  const weights = weightsFor(pool.members, pool.split, HEAVIEST);
  const servers = pool.members.map((member, i) => {
    const weight = weights[i] ?? 0;
    const words = [addressText(member.address), weight === 0 ? 'down' : `weight=${weight}`, ...serverWords];
    return `server ${words.join(' ')}; # ${JSON.stringify(plain(member))}`;
  });
  const leaving = pool.leaving.map((each) => `# leaving ${JSON.stringify(plain(each))}`);
  const lines = [
    HEAD,
    ...(pool.split === null ? [] : [`# split ${JSON.stringify(pool.split)}`]),
    `upstream ${upstream} {`,
    // In memory that all workers share, so that they divide the requests as one. A server needs less than 1 kB.
    `    zone sluice_${upstream} ${256 + servers.length}k;`,
    ...(servers.length === 0 ? [NOBODY] : servers).map(indented),
    ...leaving.map(indented),
    '}',
  ];
  const tooLong = lines.find((line) => Buffer.byteLength(line) > LONGEST_LINE_BYTES);
  if (tooLong === undefined) return `${lines.join('\n')}\n`;
  throw new InvalidInputError(`${tooLong.slice(0, 100)}… is too long for a line of nginx`, {
    remedy: 'Use shorter names.',
  });
}

/** @throws OperationError unless it is a file that `writeUpstream` wrote */
export function readUpstream(text: string, file: string): Pool {
  const [head, ...lines] = text.split('\n').map((line) => line.trim());
  if (head !== HEAD) {
    throw new OperationError(`${file} was not written by Sluice, which would replace all of it`, {
      retryable: false,
      remedy: 'Move it to another name, or name another folder.',
    });
  }
  const after = (pattern: RegExp) =>
    lines.flatMap((line) => {
      const written = pattern.exec(line)?.[1];
      return written === undefined ? [] : [parsed(written)];
    });
  const [split = null] = after(/^# split (.*)$/);
  return {
    members: after(/^server [^;#]*; # (\{.*)$/).map((each) => readBackend(each, file)),
    leaving: after(/^# leaving (.*)$/).map((each) => readBackend(each, file)),
    split: readSplit(split, file),
  };
}

/** Of the file only what nginx goes by. */
export function directivesOf(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '')
    .join('\n');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function plain({ target, release, address: { host, port } }: Backend): Backend {
  return { target, release, address: { host, port } };
}

function addressText({ host, port }: Address): string {
  const valid = /^[0-9a-fA-F:.]+$/.test(host) && Number.isInteger(port) && port >= 1 && port <= 65_535;
  if (!valid)
    throw new InvalidInputError(`${JSON.stringify(`${host}:${port}`)} cannot be an IP address and port`);
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function indented(line: string): string {
  return `    ${line}`;
}
