import type { Plan } from '../../domain/plan.ts';
import { previewPlan } from '../../domain/preview.ts';
import { releaseFor } from '../../project/release-for.ts';
import { planRollback } from '../../project/rollback-plan.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderPlan } from '../render/plan-text.ts';
import { namedService } from '../service-and-version.ts';

/** `sluice plan [service] [version]` */
export async function plan(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { service, version } = namedService(project, context.args);
  const deployer = await project.deployer(service, context.options.env);
  const made =
    context.options.rollback === true
      ? await planRollback(deployer, version)
      : await deployer.plan(await releaseFor(deployer, version));
  await project.journal.savePlan(made);
  await show(context, deployer, made);
  return EXIT.ok;
}

async function show({ terminal }: CommandContext, deployer: ServiceDeployer, made: Plan): Promise<void> {
  const preview = previewPlan(made);
  const estimateMs = await deployer.history.usualDurationMs(made);
  if (terminal.json) {
    terminal.printJson({ plan: made, preview, estimateMs });
    return;
  }
  const { paint, columns } = terminal;
  const estimate = estimateMs === null ? {} : { estimateMs };
  terminal.print(renderPlan(made, preview, { paint, columns, ...estimate }));
}
