import { LEASE_TTL_MS } from '../../engine/lease-keeper.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { holderName } from '../holder.ts';

/** `sluice stop [service]` */
export async function stop(context: CommandContext): Promise<ExitCode> {
  const { terminal, options, args } = context;
  const project = await context.project();
  const names = options.all === true ? project.config.services : [args[0]];
  const stopped: string[] = [];
  for (const name of names) {
    const deployer = project.deployer(name, options.env);
    await withLease(context, deployer, async () => {
      await deployer.supervisor.call('stopService', { service: deployer.service.name });
    });
    stopped.push(deployer.service.name);
    if (options.all === true && stopped.length === names.length) {
      await deployer.supervisor.shutdown({ stopProcesses: true });
    }
  }
  if (terminal.json) terminal.printJson({ stopped });
  else
    terminal.print(
      `Stopped ${stopped.join(', ')}. To start again: sluice deploy, or sluice rollback VERSION.`,
    );
  return EXIT.ok;
}

/** Nothing is stopped under a deployment that is under way. */
async function withLease(
  context: CommandContext,
  { key }: ServiceDeployer,
  act: () => Promise<void>,
): Promise<void> {
  const { journal } = await context.project();
  const now = Date.now();
  const lease = await journal.acquire({
    ...key,
    holder: holderName(),
    doing: 'stopping',
    now,
    ttlMs: LEASE_TTL_MS,
  });
  try {
    await act();
  } finally {
    await journal.release(lease);
  }
}
