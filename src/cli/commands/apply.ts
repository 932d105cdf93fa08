import { assertCurrent } from '../../domain/make-plan.ts';
import type { Plan } from '../../domain/plan.ts';
import type { DeploymentState } from '../../domain/state.ts';
import type { EngineOptions } from '../../engine/engine.ts';
import { savedPlan } from '../../project/saved-plan.ts';
import { changesNothing } from '../../project/unchanged.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { ownTurn } from '../own-turn.ts';
import { runRollout } from '../rollout.ts';
import { sayNothingChanges } from '../unchanged.ts';
import { whoAsks } from '../who.ts';

/** `sluice apply <digest>` */
export async function apply(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const [digest = ''] = context.args;
  const plan = await savedPlan(project.journal, digest);
  const deployer = await project.deployer(plan.service, plan.environment);
  const by = whoAsks(context.options);
  const successor = {
    name: async () => plan.release.version,
    // Once the other is back, the fleet is what it was when that one was planned.
    mayFollow: (left: DeploymentState) => assertCurrent(plan, runningBefore(left.plan)),
  };
  return ownTurn(context, deployer, successor, async (superseded) => {
    if (await changesNothing(plan, deployer)) return sayNothingChanges(context, plan, deployer);

    const estimateMs = await deployer.history.usualDurationMs(plan);
    const begin = (options: EngineOptions) => deployer.execute(plan, by, options);
    return (await runRollout(context, deployer, begin, { estimateMs, superseded })).exitCode;
  });
}

function runningBefore({ targets }: Plan): Map<string, string> {
  return new Map(targets.flatMap(({ id, from }) => (from === null ? [] : [[id, from] as const])));
}
