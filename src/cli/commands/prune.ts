import { systemClock } from '../../domain/clock.ts';
import { type ExpiredHistory, expiredHistory, pruneHistory } from '../../project/history-retention.ts';
import { leased } from '../../project/holding.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inTurn } from '../in-turn.ts';
import { type PrunedHistory, renderPruned } from '../render/pruned-text.ts';

/** `sluice prune [service]` */
export async function prune(context: CommandContext): Promise<ExitCode> {
  const { terminal, options, args } = context;
  const project = await context.project();
  const isDryRun = options.dryRun === true;
  const names = args[0] === undefined ? project.config.services : [args[0]];
  const deployers = await Promise.all(names.map((name) => project.deployer(name, options.env)));
  const pruned: PrunedHistory[] = [];
  for (const deployer of deployers) {
    const gone = isDryRun
      ? await expiredHistory(deployer, project.journal, systemClock.now())
      : await pruneInTurn(context, project, deployer);
    pruned.push({ ...deployer.key, rules: deployer.service.history, ...gone });
  }
  // Also what another command has removed and did not come to free.
  if (!isDryRun) await project.journal.sweep();
  if (terminal.json) terminal.printJson({ dryRun: isDryRun, services: pruned.map(prunedJson) });
  else terminal.print(renderPruned(pruned, { ...terminal, isDryRun }));
  return EXIT.ok;
}

function pruneInTurn(
  context: CommandContext,
  { journal }: Project,
  deployer: ServiceDeployer,
): Promise<ExpiredHistory> {
  return inTurn(context, deployer, () =>
    leased(journal, deployer.key, 'pruning the history', (lease) =>
      pruneHistory(deployer, journal, lease, systemClock.now()),
    ),
  );
}

function prunedJson({ service, environment, deployments, plans, of }: PrunedHistory) {
  return {
    service,
    environment,
    deployments: deployments.map(({ id }) => id),
    plans: plans.map(({ digest }) => digest),
    events: deployments.reduce((sum, { seq }) => sum + seq, 0),
    kept: { deployments: of.deployments - deployments.length, plans: of.plans - plans.length },
  };
}
