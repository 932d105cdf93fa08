/**
 * The part of HAProxy's config that is ours: what lies between two marks in the section of the backend.
 *
 *     backend api
 *         balance roundrobin
 *         # sluice begin api
 *         # split {"release":"2.0.0-3f2a9c41d07b","percent":10}
 *         server sluice:web-1:1.0.0-8c1d20b7aa35 10.0.0.1:8080 weight 9 check inter 1s
 *         # sluice end api
 *
 * It says who is in the pool and how the requests are split. A reload reads it like the rest of the file, and
 * so does the next controller. Nothing outside of the marks is ever changed.
 */
import { isIPv6 } from 'node:net';
import type { Address } from '../../domain/target.ts';
import { OperationError } from '../../errors.ts';
import type { Split } from '../router.ts';
import { weightsFor } from '../weights.ts';
import { byTarget } from './answers.ts';
import { serverLine } from './commands.ts';
import { readServerName, type ServerKey, serverName } from './server-name.ts';

export const HEAVIEST = 256;

export interface Member extends ServerKey {
  readonly address: Address;
}

/** Who is in the pool of one backend, by target, and the split between them. */
export interface Pool {
  readonly members: readonly Member[];
  readonly split: Split | null;
}

const SECTION =
  /^(global|defaults|frontend|backend|listen|peers|resolvers|mailers|userlist|cache|program|ring|http-errors|fcgi-app|log-forward|crt-store)\b\s*(\S*)/;

/** @throws OperationError when the file has no marks for this backend, or they are not in its section */
export function readBlock(text: string, backend: string): Pool {
  const lines = text.split('\n');
  const [begin, end] = findMarks(lines, backend);
  let split: Split | null = null;
  const members: Member[] = [];
  for (const line of lines.slice(begin + 1, end).map((each) => each.trim())) {
    if (line.startsWith('# split ')) split = readSplit(line.slice('# split '.length), backend);
    const member = readMember(line);
    if (member !== null) members.push(member);
  }
  return { members: members.toSorted(byTarget), split };
}

/**
 * The file with this pool in it.
 * @throws OperationError as `readBlock` does
 */
export function writeBlock(text: string, backend: string, pool: Pool, options: readonly string[]): string {
  const lines = text.split('\n');
  const [begin, end] = findMarks(lines, backend);
  const margin = /^\s*/.exec(lines[begin] ?? '')?.[0] ?? '';
  const members = pool.members.toSorted(byTarget);
  const weights = weightsFor(members, pool.split, HEAVIEST);
  const ours = members.map((member, i) =>
    serverLine(serverName(member), member.address, weights[i] ?? 0, options),
  );
  if (pool.split !== null) {
    const { release, percent } = pool.split;
    // JSON leaves no line break in it, and the rest of a comment means nothing to HAProxy.
    ours.unshift(`# split ${JSON.stringify({ release, percent })}`);
  }
  return [...lines.slice(0, begin + 1), ...ours.map((line) => margin + line), ...lines.slice(end)].join('\n');
}

function findMarks(lines: readonly string[], backend: string): readonly [number, number] {
  const marks = { begin: `# sluice begin ${backend}`, end: `# sluice end ${backend}` };
  const found = { begin: placesOf(lines, marks.begin), end: placesOf(lines, marks.end) };
  const [begin = -1] = found.begin;
  const [end = -1] = found.end;
  const fail = (message: string) =>
    new OperationError(`The config of HAProxy ${message}`, {
      retryable: false,
      remedy: `Put these two lines at the end of the section \`backend ${backend}\`, one under the other: "${marks.begin}" and "${marks.end}".`,
    });
  if (found.begin.length + found.end.length === 0)
    throw fail(`has no place for the servers of backend ${backend}`);
  if (found.begin.length !== 1 || found.end.length !== 1 || begin > end)
    throw fail(`does not have "${marks.begin}" and "${marks.end}" once each, in this order`);
  const section = sectionAt(lines, begin);
  if (section !== backend || sectionAt(lines, end) !== backend)
    throw fail(`has the marks of backend ${backend} outside of its section`);
  return [begin, end];
}

function placesOf(lines: readonly string[], mark: string): number[] {
  return lines.flatMap((line, i) => (line.trim() === mark ? [i] : []));
}

/** The name of the backend in whose section this line is. */
function sectionAt(lines: readonly string[], place: number): string | null {
  for (let i = place; i >= 0; i--) {
    const [, kind, name] = SECTION.exec(lines[i]?.trim() ?? '') ?? [];
    if (kind !== undefined) return kind === 'backend' || kind === 'listen' ? (name ?? null) : null;
  }
  return null;
}

function readSplit(text: string, backend: string): Split {
  try {
    const { release, percent } = JSON.parse(text) as Partial<Split>;
    if (typeof release === 'string' && typeof percent === 'number') return { release, percent };
  } catch {
    // Said below.
  }
  throw new OperationError(
    `The split of backend ${backend} in the config of HAProxy cannot be read: ${text}`,
    {
      retryable: false,
      remedy: 'It was edited by hand. Take the line away: the requests are then divided equally.',
    },
  );
}

function readMember(line: string): Member | null {
  const [, name = '', host = '', port] = /^server (\S+) (\S+):(\d+) /.exec(line) ?? [];
  const key = readServerName(name);
  if (key === null) return null;
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return { ...key, address: { host: isIPv6(bare) ? bare : host, port: Number(port) } };
}
