/** The turn of a deployment of one's own: what is in the way is refused, waited for, superseded, or finished. */
import { LeaseHeldError } from '../errors.ts';
import type { Project } from '../project/project.ts';
import type { ServiceDeployer } from '../project/service-deployer.ts';
import { unfinished } from '../project/unfinished.ts';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { inTurn } from './in-turn.ts';
import { refuseBoth, refuseOvertaken, type Successor, supersede } from './supersede.ts';
import { finishWhatWasLeft } from './take-over.ts';

/** @param act is told the id of the deployment that was superseded for it; `null` when none was */
type Act = (superseded: string | null) => Promise<ExitCode>;

/**
 * Acts when nothing is in the way any more, perhaps more than once: see `inTurn`.
 * @throws LeaseHeldError and InvalidPlanStateError when something is, and is to stay
 */
export async function ownTurn(
  context: CommandContext,
  deployer: ServiceDeployer,
  successor: Successor,
  act: Act,
): Promise<ExitCode> {
  refuseBoth(context);
  const project = await context.project();
  const isSuperseding = context.options.supersede === true;
  const superseded = isSuperseding ? await supersede(context, deployer, successor) : null;
  if (superseded !== null && superseded.exitCode !== null) return superseded.exitCode;
  try {
    return await inTurn(context, deployer, async () => {
      if (superseded !== null) await refuseOvertaken(project, deployer, superseded.id);
      const interrupted = await finishWhatWasLeft(context, deployer);
      return interrupted ?? (await act(superseded?.id ?? null));
    });
  } catch (error) {
    throw error instanceof LeaseHeldError ? await withWaysOut(error, project, deployer) : error;
  }
}

/** The same refusal, with whose deployment it is and what can be done about it. */
async function withWaysOut(
  error: LeaseHeldError,
  project: Project,
  deployer: ServiceDeployer,
): Promise<LeaseHeldError> {
  const left = await unfinished(project.journal, deployer.key);
  const whose =
    left === null ? '' : `${left.id} (${left.version}) was begun by ${left.by}: sluice watch ${left.id}. `;
  const remedy = `${whose}Let it finish first with --wait, or take it back and go with --supersede.`;
  return new LeaseHeldError(error.message, error, { cause: error, remedy });
}
