import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { holding } from '../holding.ts';
import { inTurn } from '../in-turn.ts';

/** `sluice stop [service]` */
export async function stop(context: CommandContext): Promise<ExitCode> {
  const { terminal, options, args } = context;
  const project = await context.project();
  const names = options.all === true ? project.config.services : [args[0]];
  const deployers = names.map((name) => project.deployer(name, options.env));
  const stopped: string[] = [];
  const idle: string[] = [];
  for (const deployer of deployers) {
    const ran = await inTurn(context, deployer, () =>
      holding(context, deployer, 'stopping', () => stopService(deployer)),
    );
    (ran ? stopped : idle).push(deployer.service.name);
  }
  if (options.all === true) await deployers[0]?.supervisor.shutdown({ stopProcesses: true });
  if (terminal.json) terminal.printJson({ stopped });
  else terminal.print(whatWasDone(stopped, idle));
  return EXIT.ok;
}

/** Resolves with whether there was anything to stop; starts no supervisor for that. */
async function stopService(deployer: ServiceDeployer): Promise<boolean> {
  const { service, supervisor, router } = deployer;
  const [instances, { address }] = await Promise.all([deployer.instances(), router.describe(service.name)]);
  if (instances.length === 0 && address === null) return false;
  await supervisor.call('stopService', { service: service.name });
  return true;
}

function whatWasDone(stopped: readonly string[], idle: readonly string[]): string[] {
  return [
    ...(stopped.length === 0
      ? []
      : [`Stopped ${stopped.join(', ')}. To start again: sluice deploy, or sluice rollback VERSION.`]),
    ...(idle.length === 0 ? [] : [`Nothing of ${idle.join(', ')} runs.`]),
  ];
}
