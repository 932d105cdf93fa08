/** Which deployment under way an argument means. */
import type { DeploymentSummary } from '../domain/summary.ts';
import { InvalidInputError } from '../errors.ts';
import type { CommandContext } from './context.ts';

/**
 * The deployment that an argument means: an id; a service, for what is under way there; or nothing, for the
 * only one under way.
 * @throws InvalidInputError, DeploymentNotFoundError
 */
export async function meantDeployment(
  context: CommandContext,
  which: { readonly ended: boolean },
): Promise<DeploymentSummary> {
  const project = await context.project();
  const [named] = context.args;
  const { env } = context.options;
  if (named !== undefined && !project.config.services.includes(named)) return project.journal.summary(named);
  const filter = {
    ...(named === undefined ? {} : { service: named }),
    ...(env === undefined ? {} : { environment: env }),
  };
  const open = await project.journal.list({ ...filter, ended: false, limit: 2 });
  const [first, second] =
    open.length === 0 && which.ended ? await project.journal.list({ ...filter, limit: 1 }) : open;
  if (first === undefined) {
    throw new InvalidInputError(which.ended ? 'there are no deployments yet' : 'no deployment is under way', {
      remedy: which.ended ? 'Begin with `sluice deploy`.' : '`sluice history` lists those that have ended.',
    });
  }
  if (second === undefined) return first;
  throw new InvalidInputError('several deployments are under way', {
    remedy: `Name the one that is meant: ${open.map((one) => one.id).join(', ')}.`,
  });
}
