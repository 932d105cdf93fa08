import type { EngineOptions } from '../../engine/engine.ts';
import { InvalidInputError } from '../../errors.ts';
import { whoami } from '../../project/project.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { inTurn } from '../in-turn.ts';
import { runRollout } from '../rollout.ts';
import { finishWhatWasLeft } from '../take-over.ts';
import { changesNothing, sayNothingChanges } from '../unchanged.ts';

/** `sluice apply <digest>` */
export async function apply(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const [digest = ''] = context.args;
  const plan = await project.journal.loadPlan(digest);
  if (plan === null) {
    throw new InvalidInputError(`no plan has a digest that begins with ${JSON.stringify(digest)}`, {
      remedy: 'Make one with `sluice plan`; it prints the digest.',
    });
  }
  const deployer = project.deployer(plan.service, plan.environment);
  return inTurn(context, deployer, async () => {
    const interrupted = await finishWhatWasLeft(context, deployer);
    if (interrupted !== null) return interrupted;
    if (await changesNothing(plan, deployer)) return sayNothingChanges(context, plan, deployer);

    const estimateMs = await deployer.history.usualDurationMs(plan);
    const begin = (options: EngineOptions) => deployer.execute(plan, whoami(), options);
    return (await runRollout(context, deployer, begin, { estimateMs })).exitCode;
  });
}
