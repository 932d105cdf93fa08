/** What `sluice status` prints of services that run and that the config does not have, each with what ends it. */
import type { Orphan } from '../../project/orphans.ts';
import { clean } from '../../words/clean.ts';
import { command, serviceCommand } from '../../words/typed-command.ts';
import { counted, versionOf } from '../../words/words.ts';
import { offersInLine } from './offers.ts';
import type { TableOptions } from './tables.ts';
import { truncate } from './text.ts';

export function renderOrphans(
  orphans: readonly Orphan[],
  { paint, columns }: Pick<TableOptions, 'paint' | 'columns'>,
): string[] {
  const { attention, ellipsis } = paint.symbols;
  return orphans
    .flatMap((orphan) => {
      const runs = `${counted(orphan.instances, 'instance')} of ${orphan.releases.map(versionOf).join(', ')}`;
      const what = orphan.environmentKnown
        ? `${clean(orphan.service)} is not in the config`
        : `${clean(orphan.service)} in ${orphan.environment}, which is not in the config`;
      const offer = { typed: stopCommand(orphan), does: 'ends it' };
      return [
        '',
        `${paint.waiting(attention)} ${paint.waiting(`${what}, and runs: ${runs}`)}`,
        `  ${offersInLine([offer], paint)}`,
      ];
    })
    .map((line) => truncate(line, columns, ellipsis));
}

/** What ends it. An environment that the config does not have is named, whatever it is called. */
export function stopCommand({
  service,
  environment,
  environmentKnown,
}: Pick<Orphan, 'service' | 'environment' | 'environmentKnown'>): string {
  if (environmentKnown) return serviceCommand('stop', environment, service);
  return command('stop', service, '--env', environment);
}
