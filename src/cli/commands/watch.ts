import type { DeploymentEvent } from '../../domain/event.ts';
import { evolve, fold } from '../../domain/evolve.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { exitCodeOf, showOutcome } from '../rollout.ts';
import { openRolloutView } from '../rollout-view.ts';
import { isAttended, meantDeployment } from '../unfinished.ts';

const POLL_MS = 200;

/** `sluice watch [deployment]` */
export async function watch(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { id, service, environment } = await meantDeployment(context, { ended: true });
  const deployer = project.deployer(service, environment);
  const view = openRolloutView(context.terminal, { urls: [deployer.url], estimateMs: null, role: 'watcher' });
  try {
    const stored = await project.journal.read(id);
    let state = fold(
      id,
      stored.map(({ event }) => event),
    );
    view.onEvents(
      stored.map(({ event }) => event),
      state,
    );
    let saidAlone = false;
    while (state.phase !== 'ended') {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const events: DeploymentEvent[] = (await project.journal.read(id, state.seq)).map(({ event }) => event);
      for (const event of events) state = evolve(state, event);
      if (events.length > 0) view.onEvents(events, state);
      if (!saidAlone && events.length === 0 && !(await isAttended(project, deployer))) {
        saidAlone = true;
        view.remark(`No controller looks after ${id}. Go on with it: sluice resume ${id}.`);
      }
    }
    view.close();
    showOutcome(context, state, deployer);
    return exitCodeOf(state);
  } finally {
    view.close();
  }
}
