import type { DeploymentSummary } from '../../domain/summary.ts';
import type { Comparison } from '../../project/compare-deployments.ts';
import { compareIn } from '../../project/compare-in.ts';
import type { Project } from '../../project/project.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { deploymentBefore, deploymentOf, newestDeployment, runningDeployment } from '../meant-deployment.ts';
import { renderDiff } from '../render/diff-text.ts';

/** `sluice diff [a] [b]` */
export async function diff(context: CommandContext): Promise<ExitCode> {
  const { terminal, options } = context;
  const { paint, columns } = terminal;
  const project = await context.project();
  const [from, to] = await meantTwo(context, project);
  const compared = await compareIn(project, from, to);
  if (terminal.json) terminal.printJson(whatDiffersJson(compared));
  else terminal.print(renderDiff(compared, { paint, columns, allFiles: options.files === true }));
  return options.exitCode === true && compared.differs ? EXIT.different : EXIT.ok;
}

/** The older one first, where nobody said which is which. */
async function meantTwo(
  { args: [a, b], options }: CommandContext,
  project: Project,
): Promise<readonly [DeploymentSummary, DeploymentSummary]> {
  if (a !== undefined && b !== undefined) {
    return [await deploymentOf(project, a, options), await deploymentOf(project, b, options)];
  }
  if (a === undefined) {
    const newest = await newestDeployment(project, options);
    return [await deploymentBefore(project, newest), newest];
  }
  const meant = await deploymentOf(project, a, options);
  if (meant.id === a) return [await deploymentBefore(project, meant), meant];
  return [meant, await runningDeployment(project, meant)];
}

/** As `--json` prints it. */
export function whatDiffersJson(compared: Comparison): Record<string, unknown> {
  const { from, to, ...rest } = compared;
  return { from: from.summary, to: to.summary, ...rest };
}
