import { systemClock } from '../../domain/clock.ts';
import { holding, leased } from '../../project/holding.ts';
import { isForgotten, type Orphan, orphansIn, shutDown, stopOrphan } from '../../project/orphans.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inTurn } from '../in-turn.ts';
import { whoAsks } from '../who.ts';

/** `sluice stop [service]` */
export async function stop(context: CommandContext): Promise<ExitCode> {
  const { terminal, options } = context;
  const project = await context.project();
  const { deployers, orphans, environment } = await whatIsMeant(context, project);
  const stopped: string[] = [];
  const idle: string[] = [];
  for (const deployer of deployers) {
    const ran = await inTurn(context, deployer, () =>
      holding(project.journal, deployer.key, 'stopping', (lease) => deployer.stop(lease)),
    );
    (ran ? stopped : idle).push(deployer.service.name);
  }
  for (const orphan of orphans) {
    await stopInTurn(context, project, orphan);
    stopped.push(orphan.service);
  }
  if (options.all === true && environment !== null) await shutDown(project, environment);
  if (terminal.json) terminal.printJson({ stopped });
  else terminal.print(whatWasDone(stopped, idle, deployers.length > 0));
  return EXIT.ok;
}

interface Meant {
  readonly deployers: readonly ServiceDeployer[];
  /** What runs and the config does not have: its name is enough. */
  readonly orphans: readonly Orphan[];
  readonly environment: string | null;
}

async function whatIsMeant({ options, args }: CommandContext, project: Project): Promise<Meant> {
  const { config } = project;
  const environment = options.env ?? config.defaultEnvironment;
  const orphans = await orphansMeant(project, environment, options.all === true ? null : args[0]);
  const isEverything = options.all === true && environment !== null;
  const isOnly = isEverything ? await isForgotten(project, environment) : orphans.length > 0;
  if (isOnly) return { deployers: [], orphans, environment };
  const names = options.all === true ? config.services : [args[0]];
  const deployers = await Promise.all(names.map((name) => project.deployer(name, options.env)));
  return { deployers, orphans, environment };
}

/** @param name `null`: all of them; none is meant when there is none */
async function orphansMeant(
  project: Project,
  environment: string | null,
  name: string | null | undefined,
): Promise<readonly Orphan[]> {
  if (environment === null || name === undefined) return [];
  const isKnown = Object.hasOwn(project.config.environments, environment);
  if (name !== null && isKnown && project.config.services.includes(name)) return [];
  const orphans = await orphansIn(project, environment);
  return name === null ? orphans : orphans.filter(({ service }) => service === name);
}

function stopInTurn(context: CommandContext, project: Project, orphan: Orphan): Promise<void> {
  const { service, environment } = orphan;
  const key = { service, environment };
  const by = whoAsks(context.options);
  return inTurn(context, { key }, () =>
    leased(project.journal, key, 'stopping', (lease) =>
      stopOrphan(project, key, project.journal, lease, by, systemClock.now()),
    ),
  );
}

function whatWasDone(stopped: readonly string[], idle: readonly string[], isKnown: boolean): string[] {
  if (stopped.length + idle.length === 0) return ['Nothing runs.'];
  const again = isKnown ? ' To start again: sluice deploy, or sluice rollback VERSION.' : '';
  return [
    ...(stopped.length === 0 ? [] : [`Stopped ${stopped.join(', ')}.${again}`]),
    ...(idle.length === 0 ? [] : [`Nothing of ${idle.join(', ')} runs.`]),
  ];
}
