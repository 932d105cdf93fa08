import { InvalidInputError, messageOf, OperationError } from '../../errors.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { followLogs } from '../follow-logs.ts';
import { countOf } from '../history-filter.ts';
import { type Log, prefixed } from '../log-lines.ts';
import { meantTargets } from '../meant-targets.ts';

/** `sluice logs [service-or-target]` */
export async function logs(context: CommandContext): Promise<ExitCode> {
  const { args, options, terminal } = context;
  const lines = countOf(options.lines, 50);
  const project = await context.project();
  const { deployer, targets } = await meantTargets(project, args[0], options);
  const isMeant = ({ target }: { readonly target: string }) => targets === null || targets.includes(target);
  const { found, unreachable } = await logsOf(project, deployer);
  const meant = found.filter(isMeant);
  const missed = [...unreachable].filter(([target]) => isMeant({ target }));
  for (const [, error] of missed) terminal.remark(messageOf(error));
  if (meant.length === 0) {
    const [first] = missed;
    if (first !== undefined) throw first[1];
    throw new InvalidInputError(`there are no logs of ${args[0] ?? deployer.service.name}`, {
      remedy: '`sluice status` shows what runs.',
    });
  }
  if (options.follow === true) return await followLogs(context, deployer, meant, lines, isMeant);
  const all = await printTails(context, deployer, meant, lines);
  return all && missed.length === 0 ? EXIT.ok : EXIT.unexpected;
}

/** Of what runs now, and of the newest deployment, whose release may have been taken back already. */
async function logsOf(
  project: Project,
  deployer: ServiceDeployer,
): Promise<{ readonly found: Log[]; readonly unreachable: ReadonlyMap<string, Error> }> {
  const [newest] = await project.journal.list({ ...deployer.key, limit: 1 });
  const { instances, unreachable } = await deployer.look();
  const found = instances.map(({ target, release }): Log => ({ target, release }));
  for (const target of newest === undefined ? [] : deployer.fleet.targets) {
    const { release } = newest as { release: string };
    if (unreachable.has(target)) continue;
    if (!found.some((log) => log.target === target && log.release === release))
      found.push({ target, release });
  }
  return { found, unreachable };
}

/** Resolves with whether all could be read. */
async function printTails(
  { terminal }: CommandContext,
  deployer: ServiceDeployer,
  found: readonly Log[],
  lines: number,
): Promise<boolean> {
  const service = deployer.service.name;
  const tails = await Promise.all(
    found.map(async (log) => {
      try {
        return [{ service, ...log, lines: await deployer.fleet.logTail(log, lines) }];
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        terminal.remark(error.message);
        return [];
      }
    }),
  );
  if (terminal.json) terminal.printJson({ logs: tails.flat() });
  else
    for (const tail of tails.flat())
      for (const line of tail.lines) terminal.print(prefixed(tail, line, terminal));
  return tails.every((tail) => tail.length > 0);
}
