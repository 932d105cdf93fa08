import { InvalidInputError } from '../../errors.ts';
import type { Instance } from '../../platforms/platform.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { countOf } from './history.ts';

/** `sluice logs [service-or-target]` */
export async function logs(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const [named] = context.args;
  const { services } = project.config;
  const service = named === undefined || services.includes(named) ? named : serviceOf(named, services);
  const deployer = project.deployer(service, context.options.env);
  const instances = await deployer.instances();
  const meant = named === service ? instances : instances.filter((one) => one.target === named);
  if (meant.length === 0) {
    throw new InvalidInputError(`nothing of ${named ?? deployer.service.name} runs`, {
      remedy: '`sluice status` shows what does.',
    });
  }
  const lines = countOf(context.options.lines, 50);
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

async function printTails(
  { terminal }: CommandContext,
  deployer: ServiceDeployer,
  instances: readonly Instance[],
  lines: number,
): Promise<void> {
  for (const instance of instances) {
    const tail = await deployer.supervisor.logTail(keyOf(deployer, instance), lines);
    if (terminal.json)
      terminal.printJson({ target: instance.target, release: instance.release, lines: tail });
    else for (const line of tail) terminal.print(prefixed(instance, line, terminal));
  }
}

async function followAll(
  { terminal }: CommandContext,
  deployer: ServiceDeployer,
  instances: readonly Instance[],
  lines: number,
): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  await Promise.all(
    instances.map(async (instance) => {
      const options = { signal: ending.signal, lines };
      const followed = deployer.supervisor.followLog(keyOf(deployer, instance), options);
      for await (const line of followed) terminal.print(prefixed(instance, line, terminal));
    }),
  );
}

function prefixed(instance: Instance, line: string, { paint }: CommandContext['terminal']): string {
  return `${paint.dim(`${instance.target} ${instance.release.replace(/-[0-9a-f]{12}$/, '')} |`)} ${line}`;
}

function keyOf({ service }: ServiceDeployer, { target, release }: Instance) {
  return { service: service.name, target, release };
}
