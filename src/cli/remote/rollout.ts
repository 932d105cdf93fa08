/** A rollout that a server carries out, shown here as if it ran here; Ctrl-C aborts it there, twice leaves it to the server. */
import type { DeploymentEvent } from '../../domain/event.ts';
import { evolve, fold } from '../../domain/evolve.ts';
import type { DeploymentState } from '../../domain/state.ts';
import { messageOf } from '../../errors.ts';
import type { Begun, Unchanged } from '../../server/operations.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { obeyCtrlC } from '../interrupt.ts';
import { exitCodeOf, showOutcome } from '../rollout.ts';
import { openRolloutView } from '../rollout-view.ts';
import { type RemoteContext, WHO_THE_TOKEN_SAYS } from './context.ts';

/** Shows what was begun to its end; says so where nothing was. */
export async function showBegun(
  context: RemoteContext,
  begun: Begun | Unchanged,
  sayUnchanged: () => Promise<void>,
): Promise<ExitCode> {
  if (begun.deployment !== null) return showRollout(context, begun.deployment, 'controller');
  await sayUnchanged();
  return EXIT.ok;
}

/** @param role a watcher's Ctrl-C ends the watching, and nothing else */
export async function showRollout(
  context: RemoteContext,
  id: string,
  role: 'controller' | 'watcher',
): Promise<ExitCode> {
  const { server, terminal } = context;
  const { url, summary } = await server.deployment(id);
  const view = openRolloutView(terminal, { urls: [url], estimateMs: null, role });
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  terminal.closed.addEventListener('abort', leave, { once: true });
  const stopObeying = obeyCtrlC({
    once: role === 'watcher' ? leave : (how) => void abort(context, id, how, (line) => view.remark(line)),
    twice: leave,
  });
  try {
    let state: DeploymentState | null = null;
    const story: DeploymentEvent[] = [];
    for await (const group of server.follow(id, 0, leaving.signal)) {
      const events = group.map(({ event }) => event);
      if (state === null) {
        story.push(...events);
        // What was there before comes first, and is drawn once.
        if (story.length < summary.seq) continue;
        state = fold(id, story);
        view.onEvents(story, state);
        continue;
      }
      for (const event of events) state = evolve(state, event);
      view.onEvents(events, state);
    }
    view.close();
    if (state === null || state.phase !== 'ended') {
      terminal.remark(`${id} goes on at the server. Watch it: sluice watch ${id}.`);
      return EXIT.left;
    }
    showOutcome(context, state, { url }, view.history);
    return exitCodeOf(state);
  } finally {
    stopObeying();
    view.close();
  }
}

async function abort(
  { server }: RemoteContext,
  id: string,
  reason: string,
  remark: (line: string) => void,
): Promise<void> {
  remark('Aborting and rolling back. Ctrl-C again leaves that to the server.');
  try {
    await server.signal(id, { signal: 'abort', reason }, WHO_THE_TOKEN_SAYS);
  } catch (error) {
    remark(`It cannot be aborted: ${messageOf(error)}`);
  }
}
