/** The open connections of a Linux machine, as it tells of them in `/proc/net/tcp` and `tcp6`. Pure. */
import { isIPv6 } from 'node:net';
import type { Address } from '../../domain/target.ts';

/** `0100007F:1F90`: words of four bytes, the last byte first. */
export function placeOf({ host, port }: Address): string {
  const bytes = isIPv6(host) ? ipv6Bytes(host) : host.split('.').map(Number);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    for (const byte of bytes.slice(at, at + 4).toReversed()) text += hexadecimal(byte, 2);
  }
  return `${text}:${hexadecimal(port, 4)}`;
}

/** How many of these lines are connections of one of the users, by place. */
export function countConnections(
  lines: readonly string[],
  users: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    const [place, user] = [words[2], words[7]];
    if (place === undefined || user === undefined || !users.has(user)) continue;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

function ipv6Bytes(host: string): number[] {
  // The URL parser writes every address in one way: no dots, and at most one `::`.
  const text = new URL(`http://[${host}]`).hostname.slice(1, -1);
  const [first = '', second] = text.split('::');
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(first), groups(second ?? '')];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 0xff]);
}

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
