/** What `[service-or-target]` and `--on` mean. */
import { InvalidInputError } from '../errors.ts';
import type { Project } from '../project/project.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import type { CommandOptions } from './context.ts';

export interface MeantTargets {
  readonly deployer: ServiceDeployer;
  /** `null`: all that the service has. */
  readonly targets: readonly string[] | null;
}

/** @throws InvalidInputError when there is no such service or target, or several services have it */
export async function meantTargets(
  project: Project,
  named: string | undefined,
  { env, on = [] }: CommandOptions,
): Promise<MeantTargets> {
  const { services } = project.config;
  const isService = named === undefined || services.includes(named);
  const deployer = isService ? await project.deployer(named, env) : await deployerWith(project, named, env);
  const targets = isService ? on : [named, ...on];
  if (targets.length === 0) return { deployer, targets: null };
  for (const target of on) {
    if (deployer.fleet.targets.includes(target)) continue;
    throw new InvalidInputError(`${deployer.service.name} has no target ${JSON.stringify(target)}`, {
      remedy: `It has ${some(deployer.fleet.targets)}.`,
    });
  }
  return { deployer, targets: [...new Set(targets)] };
}

async function deployerWith(
  project: Project,
  target: string,
  env: string | undefined,
): Promise<ServiceDeployer> {
  const { services } = project.config;
  const all = await Promise.all(services.map((name) => project.deployer(name, env)));
  const having = all.filter(({ fleet }) => fleet.targets.includes(target));
  const [only, another] = having;
  if (only !== undefined && another !== undefined) {
    throw new InvalidInputError(
      `${having.map(({ service }) => service.name).join(' and ')} run on ${target}`,
      {
        remedy: `Name the service: ${only.service.name} --on ${target}`,
      },
    );
  }
  // A target that the config has no more may have left a log.
  const found = only ?? all.find(({ service }) => target.startsWith(`${service.name}.`));
  if (found !== undefined) return found;
  throw new InvalidInputError(`there is no service or target ${JSON.stringify(target)}`, {
    remedy: `Services: ${services.join(', ')}. Targets are called like ${all[0]?.fleet.targets[0]}.`,
  });
}

function some(targets: readonly string[]): string {
  const most = 10;
  const rest = targets.length - most;
  return rest > 0 ? `${targets.slice(0, most).join(', ')} and ${rest} more` : targets.join(', ');
}
