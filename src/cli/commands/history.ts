import { InvalidInputError } from '../../errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderHistory } from '../render/tables.ts';

/** `sluice history [service]` */
export async function history(context: CommandContext): Promise<ExitCode> {
  const { terminal, options, args } = context;
  const project = await context.project();
  const [service] = args;
  const { services } = project.config;
  const deployments = await project.journal.list({
    ...(service === undefined ? {} : { service }),
    ...(options.env === undefined ? {} : { environment: options.env }),
    limit: countOf(options.limit, 20),
  });
  // One that was taken out of the config still has its history.
  if (service !== undefined && deployments.length === 0 && !services.includes(service)) {
    throw new InvalidInputError(`there is no service ${JSON.stringify(service)}`, {
      remedy: `Known: ${services.join(', ')}.`,
    });
  }
  if (terminal.json) terminal.printJson({ deployments });
  else if (deployments.length === 0) terminal.print('No deployments yet. Begin with `sluice deploy`.');
  else
    terminal.print(
      renderHistory(deployments, { paint: terminal.paint, columns: terminal.columns, now: Date.now() }),
    );
  return EXIT.ok;
}

/** A count given on the command line. Throws `InvalidInputError` unless it is a whole number of 1 or more. */
export function countOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidInputError(`${JSON.stringify(text)} is not a count`, {
    remedy: 'Give a whole number from 1.',
  });
}
