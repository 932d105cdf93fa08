import type { Plan } from '../domain/plan.ts';
import { holding } from '../project/holding.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A look of a moment ago is as good. */
const LOOK_MS = 30_000;

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
  const { unreachable } = await deployer.look({ signal: AbortSignal.timeout(LOOK_MS), atMostMsOld: LOOK_MS });
  const away = targets.filter(({ id }) => unreachable.has(id));
  if (terminal.json)
    terminal.printJson({
      service,
      version: release.version,
      release: release.id,
      changed: false,
      ...(away.length === 0
        ? {}
        : { unreachable: Object.fromEntries(away.map(({ id }) => [id, unreachable.get(id)?.message])) }),
    });
  else {
    const all = targets.length === 1 ? '' : ` on all ${targets.length} targets`;
    const where = away.length === 0 ? all : ' wherever it can be reached';
    terminal.print(`${service} ${release.version} already runs${where}: ${deployer.url}`);
    for (const { id } of away) terminal.print(`${id} cannot be reached: ${unreachable.get(id)?.message}`);
  }
  return away.length === 0 ? EXIT.ok : EXIT.unhealthy;
}
