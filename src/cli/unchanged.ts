import { isUnchanged, type Plan } from '../domain/plan.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { holding } from './holding.ts';

/** Whether every target runs the plan's release already, and runs it well. */
export async function changesNothing(plan: Plan, deployer: ServiceDeployer): Promise<boolean> {
  if (plan.steps.length > 0 || !plan.targets.every((target) => isUnchanged(plan, target))) return false;
  const instances = await deployer.instances();
  const { router } = deployer.fleet;
  const route = await router?.inspect(plan.service, { signal: AbortSignal.timeout(10_000) });
  return plan.targets.every(({ id }) => {
    const isPlanned = (one: { readonly target: string; readonly release: string }) =>
      one.target === id && one.release === plan.release.id;
    const running = instances.some((one) => isPlanned(one) && one.state === 'running');
    return running && (route?.backends.some((one) => isPlanned(one) && !one.draining) ?? true);
  });
}

/** The port and the hosts may have changed all the same: no release is needed for that. */
export async function sayNothingChanges(
  context: CommandContext,
  plan: Plan,
  deployer: ServiceDeployer,
): Promise<ExitCode> {
  const { terminal } = context;
  const { service, release, targets } = plan;
  await holding(context, deployer, 'opening its route', () => deployer.fleet.openRoute());
  if (terminal.json)
    terminal.printJson({ service, version: release.version, release: release.id, changed: false });
  else {
    const where = targets.length === 1 ? '' : ` on all ${targets.length} targets`;
    terminal.print(`${service} ${release.version} already runs${where}: ${deployer.url}`);
  }
  return EXIT.ok;
}
