import { isUnchanged, type Plan } from '../domain/plan.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** Whether every target runs the plan's release already, and runs it well. */
export async function changesNothing(plan: Plan, deployer: ServiceDeployer): Promise<boolean> {
  if (!plan.targets.every((target) => isUnchanged(plan, target))) return false;
  const instances = await deployer.instances();
  const { backends } = await deployer.router.inspect(plan.service, { signal: AbortSignal.timeout(10_000) });
  return plan.targets.every(({ id }) => {
    const running = instances.some((one) => one.target === id && one.state === 'running');
    return running && backends.some((one) => one.target === id && !one.draining);
  });
}

export function sayNothingChanges(
  { terminal }: CommandContext,
  plan: Plan,
  { url }: ServiceDeployer,
): ExitCode {
  const { service, release, targets } = plan;
  if (terminal.json)
    terminal.printJson({ service, version: release.version, release: release.id, changed: false });
  else terminal.print(`${service} ${release.version} already runs on all ${targets.length} targets: ${url}`);
  return EXIT.ok;
}
