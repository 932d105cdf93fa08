/** Promise 3, and what is asked of every simulation because of it. */
import type { DeploymentState } from '../../../domain/state.ts';
import type { Effect } from '../effects.ts';
import type { Promised } from '../invariants.ts';

export const ABORT: Promised = {
  number: 3,
  name: 'Abort',
  text: 'Abort always wins and is final. After it no step moves any target to the new version.',
  invariants: [
    {
      says: 'after an abort nothing moves any target to the new version',
      ofEffect(effect, state) {
        if (!effect.aborted || !movesForward(effect, state)) return null;
        return `${effect.call} of the new release was begun after the abort`;
      },
    },
    {
      says: 'an abort is heard within a second by whoever acts',
      ofEffect(effect, state) {
        const { abortAskedMs } = effect;
        if (abortAskedMs === null || abortAskedMs <= 1_000 || !movesForward(effect, state)) return null;
        return `${effect.call} of the new release was begun ${abortAskedMs} ms after somebody asked for it`;
      },
    },
    {
      says: 'nothing new is begun on the way forward a second after somebody asked for an abort',
      ofEvent({ event, before, abortAskedMs, isLate }) {
        if (event.type !== 'operations-started' || before.direction === 'back' || isLate) return null;
        if (abortAskedMs === null || abortAskedMs <= 1_000) return null;
        const [intent] = event.intents;
        return `${intent?.operation} was begun ${abortAskedMs} ms after somebody asked for it`;
      },
    },
    {
      says: 'an abort is refused only where it is rolling back already, or over',
      ofEvent({ event, before }) {
        if (event.type !== 'signal-received' || event.signal.signal !== 'abort') return null;
        if (event.refused === undefined || before.direction === 'back') return null;
        if (before.stopped || before.phase === 'ended') return null;
        return `it was refused: ${event.refused}`;
      },
    },
    {
      says: 'what was aborted goes back, and never completes',
      atEnd({ aborted, state, events }) {
        if (!aborted) return null;
        if (state.outcome === 'completed') return 'it has completed';
        return events.some((event) => event.type === 'rollback-started')
          ? null
          : 'it was left where it stood';
      },
    },
  ],
};

function movesForward(
  { call, target, release }: Effect,
  { plan, direction, indexOf }: DeploymentState,
): boolean {
  if (release !== plan.release.id) return false;
  if (call === 'shift') return direction === 'forward';
  // What ran the release before is brought back to it.
  if (plan.targets[indexOf.get(target ?? '') ?? -1]?.from === release) return false;
  return call === 'stage' || call === 'activate' || call === 'admit';
}
