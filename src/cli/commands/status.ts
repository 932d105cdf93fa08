import { statusOf } from '../../project/service-status.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderStatus } from '../render/status-text.ts';
import { isAttended } from '../unfinished.ts';

/** `sluice status [service]` */
export async function status(context: CommandContext): Promise<ExitCode> {
  const { terminal, options, args } = context;
  const project = await context.project();
  const names = args[0] === undefined ? project.config.services : [args[0]];
  const services = await Promise.all(
    names.map((name) => {
      const deployer = project.deployer(name, options.env);
      return statusOf(deployer, project.journal, () => isAttended(project, deployer));
    }),
  );
  if (terminal.json) terminal.printJson({ services });
  else
    terminal.print(
      renderStatus(services, { paint: terminal.paint, columns: terminal.columns, now: Date.now() }),
    );
  return services.every((one) => one.well) ? EXIT.ok : EXIT.unhealthy;
}
