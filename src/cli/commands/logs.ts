import { InvalidInputError } from '../../errors.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../history-filter.ts';
import { logLine } from '../render/text.ts';

/** One log: of a release on a target. */
interface Log {
  readonly service: string;
  readonly target: string;
  readonly release: string;
}

/** `sluice logs [service-or-target]` */
export async function logs(context: CommandContext): Promise<ExitCode> {
  const lines = countOf(context.options.lines, 50);
  const project = await context.project();
  const [named] = context.args;
  const { services } = project.config;
  const isService = named === undefined || services.includes(named);
  const deployer = await project.deployer(
    isService ? named : serviceOf(named, services),
    context.options.env,
  );
  const all = await logsOf(project, deployer);
  const meant = isService ? all : all.filter((log) => log.target === named);
  if (meant.length === 0) {
    throw new InvalidInputError(`there are no logs of ${named ?? deployer.service.name}`, {
      remedy: '`sluice status` shows what runs.',
    });
  }
  if (context.options.follow === true) await followAll(context, deployer, meant, lines);
  else await printTails(context, deployer, meant, lines);
  return EXIT.ok;
}

function serviceOf(target: string, services: readonly string[]): string {
  const service = services.find((name) => target.startsWith(`${name}.`));
  if (service !== undefined) return service;
  throw new InvalidInputError(`there is no service or target ${JSON.stringify(target)}`, {
    remedy: `Services: ${services.join(', ')}. Targets are called like ${services[0]}.1.`,
  });
}

/** Of what runs now, and of the newest deployment, whose release may have been taken back already. */
async function logsOf(project: Project, deployer: ServiceDeployer): Promise<Log[]> {
  const service = deployer.service.name;
  const [newest] = await project.journal.list({ ...deployer.key, limit: 1 });
  const running = await deployer.instances();
  const logs = running.map(({ target, release }): Log => ({ service, target, release }));
  for (const target of newest === undefined ? [] : deployer.fleet.targets) {
    const { release } = newest as { release: string };
    if (!logs.some((log) => log.target === target && log.release === release))
      logs.push({ service, target, release });
  }
  return logs;
}

async function printTails(
  { terminal }: CommandContext,
  deployer: ServiceDeployer,
  logs: readonly Log[],
  lines: number,
): Promise<void> {
  const tails = await Promise.all(
    logs.map(async (log) => ({ ...log, lines: await deployer.fleet.logTail(log, lines) })),
  );
  if (terminal.json) terminal.printJson({ logs: tails });
  else
    for (const tail of tails) for (const line of tail.lines) terminal.print(prefixed(tail, line, terminal));
}

async function followAll(
  { terminal }: CommandContext,
  deployer: ServiceDeployer,
  logs: readonly Log[],
  lines: number,
): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  terminal.closed.addEventListener('abort', end, { once: true });
  await Promise.all(
    logs.map(async (log) => {
      const followed = deployer.fleet.followLog(log, { signal: ending.signal, lines });
      for await (const line of followed) terminal.print(prefixed(log, line, terminal));
    }),
  );
}

function prefixed({ target, release }: Log, line: string, { paint }: CommandContext['terminal']): string {
  const colors = paint.dim('.') !== '.';
  return `${paint.dim(`${target} ${release.slice(0, release.lastIndexOf('-'))} ${paint.symbols.quote}`)} ${logLine(line, colors)}`;
}
