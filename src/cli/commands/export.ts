import { InvalidInputError } from '../../errors.ts';
import { exportJournal } from '../../project/export-journal.ts';
import type { Project } from '../../project/project.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

const ALL = Number.MAX_SAFE_INTEGER;

/** `sluice export [deployments...]` */
export async function exportDeployments(context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const project = await context.project();
  const deployments = await meant(context, project);
  for await (const line of exportJournal(project.journal, { deployments, now: Date.now() })) {
    // Nobody reads any further.
    if (terminal.closed.aborted) return EXIT.ok;
    await terminal.write(`${line}\n`);
  }
  return EXIT.ok;
}

/** Ids; all are there when the first line is printed. */
async function meant({ args, options }: CommandContext, { journal }: Project): Promise<string[]> {
  const named = args.filter((id) => id !== undefined);
  if (options.all === true && named.length === 0) {
    const environment = options.env === undefined ? {} : { environment: options.env };
    const newestFirst = await journal.list({ ...environment, limit: ALL });
    return newestFirst.map(({ id }) => id).toReversed();
  }
  if (options.all === true || named.length === 0) {
    throw new InvalidInputError('it is not said what to export', {
      remedy: 'Name deployments, such as `sluice export api-7`, or give --all instead.',
    });
  }
  for (const id of named) await journal.summary(id);
  return named;
}
