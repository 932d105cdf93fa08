import { isUnchanged, type Plan } from '../domain/plan.ts';
import type { ServiceDeployer } from './service-deployer.ts';

/** Whether every target that can be looked at runs the plan's release already, and runs it well. */
export async function changesNothing(plan: Plan, deployer: ServiceDeployer): Promise<boolean> {
  if (plan.steps.length > 0 || !plan.targets.every((target) => isUnchanged(plan, target))) return false;
  const { instances, unreachable } = await deployer.look();
  const { router } = deployer.fleet;
  const route = await router?.inspect(plan.service, { signal: AbortSignal.timeout(10_000) });
  return plan.targets.every(({ id }) => {
    if (unreachable.has(id)) return true;
    const isPlanned = (one: { readonly target: string; readonly release: string }) =>
      one.target === id && one.release === plan.release.id;
    const running = instances.some((one) => isPlanned(one) && one.state === 'running');
    return running && (route?.backends.some((one) => isPlanned(one) && !one.draining) ?? true);
  });
}
