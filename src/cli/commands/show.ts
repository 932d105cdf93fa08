import { fold } from '../../domain/evolve.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { outcomeJson } from '../outcome-json.ts';
import { renderTimeline } from '../render/timeline.ts';
import { meantDeployment } from '../unfinished.ts';

/** `sluice show [deployment]` */
export async function show(context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const project = await context.project();
  const { id } = await meantDeployment(context, { ended: true });
  const stored = await project.journal.read(id);
  if (terminal.json) {
    const state = fold(
      id,
      stored.map(({ event }) => event),
    );
    terminal.printJson({ ...outcomeJson(state), events: stored });
  } else {
    terminal.print(renderTimeline(id, stored, { paint: terminal.paint, columns: terminal.columns }));
  }
  return EXIT.ok;
}
