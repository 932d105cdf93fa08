/** Kinds of values that several sections take. */
import { z } from 'zod';
import { nameOf } from '../words.ts';

/** Text that can be handed to a program: a NUL would end it early. */
export const anyText = z
  .string()
  .refine((text) => !text.includes('\0'), { error: () => 'holds a NUL character' });

export const text = anyText.min(1);

/** @param form what the text has to be, as in `"x y" is not a host name` */
export function textLike(pattern: RegExp, form: string) {
  return z.string().regex(pattern, { abort: true, error: ({ input }) => `${nameOf(input)} is not ${form}` });
}

/** An exact host name, without port. */
export const hostName = textLike(
  /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])$/,
  'a host name such as api.example.com',
).transform((name) => name.toLowerCase());

/**
 * A host for ssh. Without what a shell reads otherwise: a `ProxyCommand` or `Match exec` of the ssh config hands the
 * name to one.
 */
export const hostToLogInTo = textLike(
  /^(?:(?!-)[^\s@\p{Cc}'"`$\\;&<>|(){}]+@)?(?!-)[^\s@\p{Cc}'"`$\\;&<>|(){}]+$/u,
  'a host: a name of the ssh config, a host name, or user@host',
);

export const portNumber = z.int().min(1).max(65_535);

/** A line for a shell, or a program and its arguments. */
export const command = z.union([text, z.array(anyText).min(1)]).meta({ title: 'Command' });

/** The program and arguments of a command, a line being one for `/bin/sh`. */
export function argvOf(command: string | readonly string[]): readonly string[] {
  return typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
}
