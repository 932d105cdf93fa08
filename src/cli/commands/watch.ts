import type { DeploymentEvent } from '../../domain/event.ts';
import { evolve, fold } from '../../domain/evolve.ts';
import type { Project } from '../../project/project.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { isAttended, storyOf } from '../../project/unfinished.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { exitCodeOf, showOutcome } from '../rollout.ts';
import { openRolloutView } from '../rollout-view.ts';
import { meantDeployment } from '../under-way.ts';

const POLL_MS = 200;

/** `sluice watch [deployment]` */
export async function watch(context: CommandContext): Promise<ExitCode> {
  const project = await context.project();
  const { id, service, environment } = await meantDeployment(context, { ended: true });
  const deployer = await project.deployer(service, environment);
  const view = openRolloutView(context.terminal, { urls: [deployer.url], estimateMs: null, role: 'watcher' });
  try {
    const story = await storyOf(project.journal, id);
    let state = fold(id, story);
    view.onEvents(story, state);
    let saidAlone = false;
    while (state.phase !== 'ended' && !context.terminal.closed.aborted) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const events: DeploymentEvent[] = (await project.journal.read(id, state.seq)).map(({ event }) => event);
      for (const event of events) state = evolve(state, event);
      if (events.length > 0) view.onEvents(events, state);
      if (!saidAlone && events.length === 0 && (await isAlone(project, deployer, id))) {
        saidAlone = true;
        view.remark(`No controller looks after ${id}. Go on with it: sluice resume ${id}.`);
      }
    }
    view.close();
    showOutcome(context, state, deployer, view.history);
    return exitCodeOf(state);
  } finally {
    view.close();
  }
}

/** In this order: one that has just ended has no controller either. */
async function isAlone(project: Project, deployer: ServiceDeployer, id: string): Promise<boolean> {
  return (
    !(await isAttended(project.journal, deployer.key)) &&
    (await project.journal.summary(id)).phase !== 'ended'
  );
}
