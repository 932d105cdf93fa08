/**
 * A file of variables that sh (`. file`) and systemd (`EnvironmentFile=`) read the same way: in double quotes
 * both take a backslash away before `"`, `\`, `$` and a backquote, and leave all else as it is.
 */
import { secretForms } from '../../../domain/secret-text.ts';
import { InvalidInputError } from '../../../errors.ts';
import { isGivable } from './quote.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws InvalidInputError when a name is none, or a value holds a NUL or half of a character */
export function environmentFile(variables: Readonly<Record<string, string>>): string {
  const names = Object.keys(variables).toSorted();
  return names.map((name) => `${name}="${escaped(name, variables[name] ?? '')}"\n`).join('');
}

function escaped(name: string, value: string): string {
  // Never the value in the message: it may be a secret.
  if (!NAME.test(name) || !isGivable(value)) {
    throw new InvalidInputError(`${JSON.stringify(name)} cannot be given to a service`, {
      remedy: 'Use letters, digits and underscores in the name; no NUL and no half characters in the value.',
    });
  }
  return value.replace(/["\\$`]/g, '\\$&');
}

/**
 * Comments for the end of the file: what to replace in the service's log before anybody sees it. They stand beside
 * the values, so that they are as well kept, and are there for whoever reads the log of a release whose secrets
 * only the host still has. Each is a command of sed, see `hidden` of the prelude.
 */
export function hidingLines(secrets: Readonly<Record<string, string>>): string {
  const forms = secretForms(secrets).filter(({ text }) => isGivable(text));
  return forms
    .map(({ name, text }) => `#hide s/${text.replace(/[\\/.*[\]^$]/g, '\\$&')}/[${name}]/g\n`)
    .join('');
}
