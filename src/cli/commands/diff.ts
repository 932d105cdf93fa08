import { fileDifferences } from '../../domain/differences.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { type Comparison, compareDeployments, type Side } from '../../project/compare-deployments.ts';
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
  const sides = [await sideOf(project, from), await sideOf(project, to)] as const;
  const compared = compareDeployments(...sides, await filesOf(project, ...sides));
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

async function sideOf({ journal }: Project, summary: DeploymentSummary): Promise<Side> {
  return { summary, plan: await journal.plan(summary.id) };
}

/** `null` where they cannot be compared: a copy is gone, or the service is not in the config any more. */
async function filesOf(project: Project, from: Side, to: Side): Promise<Comparison['files']> {
  const [before, after] = await Promise.all([from, to].map((side) => contentsOf(project, side)));
  return before === null || before === undefined || after === null || after === undefined
    ? null
    : fileDifferences(before, after);
}

async function contentsOf(project: Project, { summary, plan }: Side) {
  const { service, environment } = summary;
  const isConfigured = Object.hasOwn(project.config.environments[environment] ?? {}, service);
  if (!isConfigured) return null;
  return (await project.deployer(service, environment)).fleet.contentsOf(plan.release);
}

/** As `--json` prints it. */
export function whatDiffersJson(compared: Comparison): Record<string, unknown> {
  const { from, to, ...rest } = compared;
  return { from: from.summary, to: to.summary, ...rest };
}
