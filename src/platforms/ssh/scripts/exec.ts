import { InvalidInputError } from '../../../errors.ts';
import { FUNCTIONS, type Place, verbs } from './prelude.ts';
import { quote, quoteCommand, quotePath } from './quote.ts';

/** Printed before the command begins: what comes behind it is the command's, whatever it looks like. */
export const BEGINNING = '@ begin\n';

/**
 * Runs a command in the folder of the release that was activated last, with the environment and the port that
 * the service has. @param user as whom, where that is not whoever logs in
 * @throws InvalidInputError when there is no program to run, or a word that no shell can be given
 */
export function execScript(place: Place, argv: readonly string[], user: string | null): string {
  const [program = ''] = argv;
  if (program === '' || program.startsWith('-')) {
    throw new InvalidInputError(`${JSON.stringify(program)} is no program`, {
      remedy: 'Begin the command with the name or the path of a program.',
    });
  }
  // Found before the service's own `PATH` counts.
  const as = user === null ? '' : `"$SLUICE_AS" -u ${quote(user)} -- `;
  const findAs = user === null ? '' : 'SLUICE_AS=$(command -v runuser) || SLUICE_AS=/sbin/runuser\n';
  return `${FUNCTIONS}
cd ${quotePath(`${place.root}/${place.service}`)} 2>/dev/null || refuse undeployed
${verbs(place.service)}
id=$(readlink current) || refuse undeployed
id=\${id##*/}
slot_of "$id"
${findAs}enter "$id" "\${slot:-0}" || refuse folder
reply begin
exec ${as}${quoteCommand(argv)} </dev/null
`;
}
