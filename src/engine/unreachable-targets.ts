/** Targets that cannot be reached when a deployment is to begin: failures before anything was tried. */
import type { DeploymentEvent } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import { OperationError, UnreachableError } from '../errors.ts';

const MOST_TOLD = 3;

/**
 * Throws `UnreachableError` when more of the wanted targets cannot be reached than may fail, or none of them can:
 * a deployment would have failed before it had begun.
 */
export function assertReachable({ targets, policy }: Plan, unreachable: ReadonlyMap<string, Error>): void {
  const wanted = targets.filter((target) => target.leaving !== true);
  const lost = wanted.filter(({ id }) => unreachable.has(id));
  if (lost.length <= policy.maxFailures && (lost.length < wanted.length || lost.length === 0)) return;
  const told = lost.slice(0, MOST_TOLD).map(({ id }) => `${id}: ${unreachable.get(id)?.message}`);
  const more = lost.length > MOST_TOLD ? `; and ${lost.length - MOST_TOLD} more` : '';
  const allowed = policy.maxFailures === 0 ? 'none' : `${policy.maxFailures}`;
  const remedies = lost.flatMap(({ id }) => remedyOf(unreachable.get(id)));
  throw new UnreachableError(
    `${lost.length} of ${wanted.length} targets cannot be reached, and ${allowed} may fail. ${told.join('; ')}${more}`,
    {
      remedy: [
        'Nothing was begun.',
        ...new Set(remedies.slice(0, MOST_TOLD)),
        'To go on without them allow as many failures (`policy.maxFailures`), or take them out of the config.',
      ].join(' '),
    },
  );
}

function remedyOf(error: Error | undefined): string[] {
  return error instanceof OperationError && error.remedy !== undefined ? [error.remedy] : [];
}

/** The same for `deployment-started`; nothing where all can be reached. */
export function whatIsUnreachable(
  { targets }: Plan,
  unreachable: ReadonlyMap<string, Error>,
): Pick<Extract<DeploymentEvent, { type: 'deployment-started' }>, 'unreachable'> {
  const found = targets.flatMap(({ id }, target) => {
    const error = unreachable.get(id);
    return error === undefined ? [] : [{ target, error: error.message }];
  });
  return found.length === 0 ? {} : { unreachable: found };
}
