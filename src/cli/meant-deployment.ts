/** Which deployment an argument of `diff` and `export` means: by id, by version, by release, or by its place. */
import { resolveService } from '../config/resolve-service.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import { DeploymentNotFoundError, InvalidInputError } from '../errors.ts';
import type { LeaseKey, ListFilter } from '../journal/journal.ts';
import type { Project } from '../project/project.ts';
import type { CommandOptions } from './context.ts';

type Place = Pick<CommandOptions, 'service' | 'env'>;

/**
 * An id; or a version or release, for the newest deployment that brought it: one that completed, where there is one.
 * @throws InvalidInputError when there is none
 */
export async function deploymentOf(
  project: Project,
  named: string,
  options: Place,
): Promise<DeploymentSummary> {
  const byId = await project.journal.summary(named).catch((error: unknown) => {
    if (error instanceof DeploymentNotFoundError) return null;
    throw error;
  });
  if (byId !== null) return byId;
  const key = placeOf(project, options);
  for (const filter of [{ version: named }, { release: named }]) {
    for (const outcome of [{ outcome: 'completed' as const }, {}]) {
      const found = await first(project, { ...key, ...filter, ...outcome });
      if (found !== null) return found;
    }
  }
  throw new InvalidInputError(`${JSON.stringify(named)} is no deployment, and no version of ${key.service}`, {
    remedy: '`sluice history` lists deployments and versions; --service names another service.',
  });
}

/** Throws `InvalidInputError` when there is none. */
export async function newestDeployment(project: Project, options: Place): Promise<DeploymentSummary> {
  const newest = await first(project, placeOf(project, options));
  if (newest !== null) return newest;
  throw new InvalidInputError('there are no deployments yet', { remedy: 'Begin with `sluice deploy`.' });
}

/** Of the same service. Throws `InvalidInputError` when it is the first one that is kept. */
export async function deploymentBefore(
  { journal }: Project,
  { id, service, environment, createdAt }: DeploymentSummary,
): Promise<DeploymentSummary> {
  // Whoever was created at the same time is in the list too.
  const limit = Number.MAX_SAFE_INTEGER;
  const upTo = await journal.list({ service, environment, until: createdAt + 1, limit });
  const before = upTo[upTo.findIndex((one) => one.id === id) + 1];
  if (before !== undefined) return before;
  throw new InvalidInputError(`there is no deployment of ${service} before ${id}`, {
    remedy: 'Name two: sluice diff A B.',
  });
}

/** The one that completed last, which brought what runs. Throws `InvalidInputError` when none has. */
export async function runningDeployment(project: Project, key: LeaseKey): Promise<DeploymentSummary> {
  const { service, environment } = key;
  const last = await first(project, { service, environment, outcome: 'completed' });
  if (last !== null) return last;
  throw new InvalidInputError(`no deployment of ${service} has completed here`, {
    remedy: 'Name two: sluice diff A B.',
  });
}

function placeOf({ config }: Project, { service, env }: Place): LeaseKey {
  const { name, environment } = resolveService(config, service, env);
  return { service: name, environment };
}

async function first({ journal }: Project, filter: ListFilter): Promise<DeploymentSummary | null> {
  const [found] = await journal.list({ ...filter, limit: 1 });
  return found ?? null;
}
