import { type Orphan, orphansOf } from '../../project/orphans.ts';
import { statusOf } from '../../project/service-status.ts';
import { isAttended } from '../../project/unfinished.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderOrphans, stopCommand } from '../render/orphans-text.ts';
import { renderStatus } from '../render/status-text.ts';

/** `sluice status [service]` */
export async function status(context: CommandContext): Promise<ExitCode> {
  const { terminal, options, args } = context;
  const project = await context.project();
  const [named] = args;
  const audit = options.verify === true ? 'by content' : 'by time';
  const names = named === undefined ? project.config.services : [named];
  const deployers = await Promise.all(names.map((name) => project.deployer(name, options.env)));
  const environment = named === undefined ? deployers[0]?.key.environment : undefined;
  const [services, orphans] = await Promise.all([
    Promise.all(
      deployers.map((deployer) =>
        statusOf(deployer, project.journal, () => isAttended(project.journal, deployer.key), { audit }),
      ),
    ),
    environment === undefined ? [] : orphansOf(project, environment),
  ]);
  if (terminal.json) {
    terminal.printJson({ services, orphans: orphans.map(orphanJson) });
  } else {
    const look = { paint: terminal.paint, columns: terminal.columns, now: Date.now() };
    terminal.print([...renderStatus(services, look), ...renderOrphans(orphans, look)]);
  }
  return orphans.length === 0 && services.every((one) => one.well) ? EXIT.ok : EXIT.unhealthy;
}

/** As `--json` prints it. */
export function orphanJson(orphan: Orphan) {
  const { service, environment, instances, releases } = orphan;
  return { service, environment, instances, releases, stop: stopCommand(orphan) };
}
