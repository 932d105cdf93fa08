import { InvalidInputError, messageOf, OperationError } from '../../errors.ts';
import { followLogs } from '../../project/follow-logs.ts';
import { logsOf } from '../../project/logs.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
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
  const { found, unreachable } = await logsOf(project.journal, deployer);
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
  if (options.follow === true) return await follow(context, deployer, meant, lines, isMeant);
  const all = await printTails(context, deployer, meant, lines);
  return all && missed.length === 0 ? EXIT.ok : EXIT.unexpected;
}

/** Until a person, or whoever reads the output, ends it; or no log can be read any more. */
async function follow(
  { terminal }: CommandContext,
  deployer: ServiceDeployer,
  first: readonly Log[],
  lines: number,
  isMeant: (log: Log) => boolean,
): Promise<ExitCode> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  terminal.closed.addEventListener('abort', end, { once: true });
  const wasEnded = await followLogs(deployer, {
    first,
    lines,
    isMeant,
    signal: ending.signal,
    onLine: (log, line) => terminal.print(prefixed(log, line, terminal)),
    onTrouble: (trouble) => terminal.remark(trouble),
  });
  return wasEnded ? EXIT.ok : EXIT.unexpected;
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
