import type { Plan } from '../domain/plan.ts';
import { holding } from '../project/holding.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** The port and the hosts may have changed all the same: no release is needed for that. */
export async function sayNothingChanges(
  context: CommandContext,
  plan: Plan,
  deployer: ServiceDeployer,
): Promise<ExitCode> {
  const { terminal } = context;
  const { service, release, targets } = plan;
  const { journal } = await context.project();
  await holding(journal, deployer.key, 'opening its route', () => deployer.fleet.openRoute());
  if (terminal.json)
    terminal.printJson({ service, version: release.version, release: release.id, changed: false });
  else {
    const where = targets.length === 1 ? '' : ` on all ${targets.length} targets`;
    terminal.print(`${service} ${release.version} already runs${where}: ${deployer.url}`);
  }
  return EXIT.ok;
}
