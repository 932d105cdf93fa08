import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { findConfig } from '../../config/find-config.ts';
import { detectProject, renderInitialConfig } from '../../config/init.ts';
import { InvalidInputError } from '../../errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

const FILE = 'sluice.config.yaml';

/** `sluice init` */
export async function init({ cwd, terminal }: CommandContext): Promise<ExitCode> {
  const found = await findConfig(cwd);
  if (found !== null) {
    throw new InvalidInputError(`there is a config already: ${relative(cwd, found) || found}`, {
      remedy: 'Edit it, or remove it first.',
    });
  }
  const detected = await detectProject(cwd);
  const file = join(cwd, FILE);
  // Never over something that appeared meanwhile.
  await writeFile(file, renderInitialConfig(detected), { flag: 'wx' });
  if (terminal.json) {
    terminal.printJson({ file, ...detected });
  } else {
    const command = [detected.command ?? []].flat().join(' ');
    const start =
      detected.command === null
        ? 'Write the command that starts it into it'
        : `It starts \`${command}\` (${detected.source})`;
    terminal.print([
      `Wrote ${FILE} for the service ${detected.name}. ${start}.`,
      'Next: sluice plan, then sluice deploy.',
    ]);
  }
  return EXIT.ok;
}
