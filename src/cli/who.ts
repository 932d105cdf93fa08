/**
 * Who gives a command, as the journal records it: the account, `ann@laptop`, or `ann (as deploy@host)` where
 * somebody says who they are. That is a statement, no proof; the account itself is never left out.
 */
import { hostname } from 'node:os';
import { InvalidInputError } from '../errors.ts';
import { whoami } from '../project/project.ts';
import type { CommandOptions } from './context.ts';

const NAME = /^[^\s()\p{C}]{1,64}$/u;

/** Throws `InvalidInputError` for a name that could be taken for something else. */
export function whoAsks({ as }: Pick<CommandOptions, 'as'>, env: NodeJS.ProcessEnv = process.env): string {
  const said = as ?? (env.SLUICE_USER === '' ? undefined : env.SLUICE_USER);
  if (said !== undefined && !NAME.test(said)) {
    const from = as === undefined ? 'SLUICE_USER' : '--as';
    throw new InvalidInputError(`${from}: ${JSON.stringify(said.slice(0, 80))} is not a name`, {
      remedy: 'Use 1 to 64 characters without spaces and brackets, such as ann or ann@example.com.',
    });
  }
  const name = said ?? (NAME.test(env.SUDO_USER ?? '') ? env.SUDO_USER : undefined);
  const account = whoami();
  const isAccount = name === undefined || account === name || account === `${name}@${hostname()}`;
  return isAccount ? account : `${name} (as ${account})`;
}
