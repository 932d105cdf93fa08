import { InvalidInputError } from '../errors.ts';

/**
 * Names of services, environments and versions become parts of paths, of labels and of commands, so they
 * hold only what is safe in all of them. So do targets that a platform of ours makes up; in general a
 * target's id is the user's own word for a place (a host, an address, a slot): anything printable.
 */
const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,62}[a-zA-Z0-9])?$/;
const VERSION = /^[a-zA-Z0-9](?:[a-zA-Z0-9._+-]{0,126}[a-zA-Z0-9])?$/;

const LONGEST_QUOTED = 128;

const TARGET = /^[^\p{C}]{1,253}$/u;

/** Throws `InvalidInputError` unless `name` is 1 to 64 letters, digits, dots, dashes or underscores. */
export function assertName(what: 'service' | 'environment' | 'target', name: string): void {
  if (NAME.test(name) && !name.includes('..')) return;
  throw new InvalidInputError(`${quoted(name)} cannot be the name of ${article(what)} ${what}`, {
    remedy:
      'Use 1 to 64 letters, digits, dots, dashes and underscores, with a letter or digit first and last.',
  });
}

/** Throws `InvalidInputError` unless `id` is 1 to 253 printable characters. */
export function assertTargetId(id: string): void {
  if (TARGET.test(id)) return;
  throw new InvalidInputError(`${quoted(id)} cannot be the id of a target`, {
    remedy: 'Use 1 to 253 characters, none of them a control character.',
  });
}

/** Throws `InvalidInputError` unless `version` is 1 to 128 letters, digits, `.`, `-`, `_` or `+`. */
export function assertVersion(version: string): void {
  if (VERSION.test(version) && !version.includes('..')) return;
  throw new InvalidInputError(`${quoted(version)} cannot be a version`, {
    remedy:
      'Use 1 to 128 letters, digits, dots, dashes, underscores and plus signs, such as 1.4.0 or 2026-11-23.1.',
  });
}

/** In quotes, and not all of it where that would fill the screen. */
function quoted(name: string): string {
  return JSON.stringify(name.length > LONGEST_QUOTED ? `${name.slice(0, LONGEST_QUOTED)}…` : name);
}

function article(word: string): string {
  return /^[aeiou]/.test(word) ? 'an' : 'a';
}
