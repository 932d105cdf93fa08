/**
 * What a server is called in HAProxy: the name alone says which target and which release it is, so that this
 * outlives reloads, other controllers, and our own files. `sluice:web-1:2.0.0-3f2a9c41d07b`, and with `:2` at
 * its end the second server of that target and release, which moves to another address.
 */

export interface ServerKey {
  readonly target: string;
  /** Release id. */
  readonly release: string;
  /** From 1. */
  readonly turn: number;
}

const PREFIX = 'sluice';

/** The name of the server: letters, digits, `.`, `-`, `_` and `:`, which is all that HAProxy allows. */
export function serverName({ target, release, turn }: ServerKey): string {
  const name = `${PREFIX}:${escaped(target)}:${escaped(release)}`;
  return turn === 1 ? name : `${name}:${turn}`;
}

/** What the name says; `null` when it is not one of ours. */
export function readServerName(name: string): ServerKey | null {
  const [prefix, target, release, turn = '1', ...more] = name.split(':');
  if (prefix !== PREFIX || target === undefined || release === undefined || more.length > 0) return null;
  const key = { target: unescaped(target), release: unescaped(release), turn: Number(turn) };
  // Only what we would write ourselves is ours.
  return serverName(key) === name ? key : null;
}

/** Each byte that is not a letter, digit, dot or dash as `_` and two hexadecimal digits. */
function escaped(text: string): string {
  const hexadecimal = (byte: number) => `_${byte.toString(16).padStart(2, '0')}`;
  return text.replace(/[^A-Za-z0-9.-]/gu, (character) =>
    Array.from(Buffer.from(character), hexadecimal).join(''),
  );
}

function unescaped(text: string): string {
  const bytes = text.replace(/_([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** True for each server of this target and release, whatever its turn. */
export function isOf(
  server: { readonly target: string; readonly release: string },
  target: string,
  release: string,
) {
  return server.target === target && server.release === release;
}
