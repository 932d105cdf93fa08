import { InvalidInputError } from '../../errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { historyFilter, isNarrowed } from '../history-filter.ts';
import { renderHistory } from '../render/tables.ts';

/** `sluice history [service]` */
export async function history(context: CommandContext): Promise<ExitCode> {
  const { terminal, options, args } = context;
  const { paint, columns } = terminal;
  const [service] = args;
  const now = Date.now();
  const filter = historyFilter(options, service, now);
  const project = await context.project();
  const { services } = project.config;
  const deployments = await project.journal.list(filter);
  // One that was taken out of the config still has its history.
  if (service !== undefined && deployments.length === 0 && !services.includes(service)) {
    throw new InvalidInputError(`there is no service ${JSON.stringify(service)}`, {
      remedy: `Known: ${services.join(', ')}.`,
    });
  }
  if (terminal.json) terminal.printJson({ deployments });
  else if (deployments.length > 0) terminal.print(renderHistory(deployments, { paint, columns, now }));
  else if (isNarrowed(filter)) terminal.print('No deployment is like that.');
  else terminal.print('No deployments yet. Begin with `sluice deploy`.');
  return EXIT.ok;
}
