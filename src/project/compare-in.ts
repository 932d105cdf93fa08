/** Compares two deployments of a project: what their plans say, and the files of their releases where both are kept. */
import { fileDifferences } from '../domain/differences.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import { type Comparison, compareDeployments, type Side } from './compare-deployments.ts';
import type { Project } from './project.ts';

export async function compareIn(
  project: Project,
  from: DeploymentSummary,
  to: DeploymentSummary,
): Promise<Comparison> {
  const sides = [await sideOf(project, from), await sideOf(project, to)] as const;
  return compareDeployments(...sides, await filesOf(project, ...sides));
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
