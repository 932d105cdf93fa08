/** The one way in which text from outside becomes part of a script of POSIX sh. */
import { InvalidInputError } from '../errors.ts';

const PLAIN = /^[A-Za-z0-9_./:@%+,-]+$/;

/**
 * One word of sh that means exactly `text`, whatever is in it.
 * @throws InvalidInputError when it holds a NUL, which no word can, or half of a character
 */
export function word(text: string): string {
  if (/[\0\p{Cs}]/u.test(text)) {
    throw new InvalidInputError(`${JSON.stringify(text)} cannot be given to a shell`, {
      remedy: 'Leave out the NUL byte, and whatever is not a whole Unicode character.',
    });
  }
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path as one word that no command takes for an option. */
export function pathWord(path: string): string {
  return word(path.startsWith('/') ? path : `./${path}`);
}

/** A program and its arguments as sh runs it: each part one word. */
export function commandWords(argv: readonly string[]): string {
  return argv.map(word).join(' ');
}
