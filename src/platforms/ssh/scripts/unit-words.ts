/** Words in a unit of systemd: how they are written there, and what cannot be. */
import { InvalidInputError } from '../../../errors.ts';

/** systemd takes a line, or a value, that holds one of these for broken, and leaves it out. */
export const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;

/**
 * That a unit can start this command with these variables.
 * @throws InvalidInputError naming what it cannot, without the value of a variable: it may be a secret
 */
export function assertUnitCanRun(
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
): void {
  execStart(command, '/');
  for (const [name, value] of Object.entries(variables)) {
    if (!NONCHARACTER.test(value)) continue;
    throw new InvalidInputError(
      `the value of ${name} cannot be given to a unit of systemd: it holds a code point that is no character, such as U+FFFE`,
      { remedy: 'Leave it out, encode the value (base64), or run the service with `run: detached`.' },
    );
  }
}

/** A program that is named with a slash is one of the release; one without is looked for in the usual places. */
export function execStart(argv: readonly string[], folder: string): string {
  const [program = '', ...rest] = argv;
  // Of a program's name systemd takes signs at the front for its own, and refuses these.
  if (program === '' || /^[-@:+!|]/.test(program) || /["'\\]/.test(program)) {
    throw new InvalidInputError(`a unit of systemd cannot start the program ${JSON.stringify(program)}`, {
      remedy: 'Give it a name without quotes and backslashes, that begins with a letter, a dot or a slash.',
    });
  }
  const isOfRelease = program.includes('/') && !program.startsWith('/');
  const first = isOfRelease ? `"${folder}/${word(program).slice(1)}` : word(program);
  // `:` takes the meaning of `$` away from the program's arguments.
  return `:${[first, ...rest.map(word)].join(' ')}`;
}

/** In quotes as systemd reads them. */
function word(text: string): string {
  const escaped = specifier(text)
    .replace(/["\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  if (!/\p{Cc}/u.test(escaped) && !NONCHARACTER.test(escaped)) return `"${escaped}"`;
  throw new InvalidInputError(`${JSON.stringify(text)} cannot be in the command of a unit`, {
    remedy: 'Leave out what is no printable character, or start the service by a script of the release.',
  });
}

export function specifier(text: string): string {
  return text.replaceAll('%', '%%');
}
