import { InvalidInputError } from '../../errors.ts';
import { whoami } from '../../project/project.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { runRollout } from '../rollout.ts';
import { finishWhatWasLeft } from '../take-over.ts';

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
  await finishWhatWasLeft(context, deployer);
  const estimateMs = await deployer.history.usualDurationMs(plan.strategy.name, plan.targets.length);
  return runRollout(context, deployer, (options) => deployer.execute(plan, whoami(), options), estimateMs);
}
