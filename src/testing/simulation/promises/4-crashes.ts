/** Promise 4, and what is asked of every simulation because of it. */
import { isDeepStrictEqual } from 'node:util';
import { countAvailable } from '../../../domain/evolve.ts';
import { type DeploymentState, FLEET } from '../../../domain/state.ts';
import type { Promised } from '../invariants.ts';

export const CRASHES: Promised = {
  number: 4,
  name: 'Crashes',
  text: 'A crash loses nothing. Kill the controller at any point and the next one continues from the journal to the same end. No stuck lock ever needs a person.',
  ofTheWhole: [
    'whatever the end was, the next deployment finds its way',
    'it ends the same wherever its controller is killed',
  ],
  invariants: [
    {
      says: 'the journal folds to what the engine returned',
      atEnd({ state, folded }) {
        return isDeepStrictEqual(plainOf(state), plainOf(folded)) ? null : 'it folds to something else';
      },
    },
    {
      says: 'the books are right',
      ofState(state) {
        const available = countAvailable(state);
        return available === state.available ? null : `${state.available} in the books, ${available} counted`;
      },
    },
    {
      says: 'nothing is done before the journal says so',
      ofEffect({ call, target }, { step, indexOf }) {
        const key = target === null ? FLEET : (indexOf.get(target) ?? FLEET);
        const operation = step?.active.get(key)?.operation;
        // What an earlier deployment left running is cleared away by a prune.
        if (operation === call || (operation === 'prune' && (call === 'drain' || call === 'stop')))
          return null;
        return `under way there: ${operation ?? 'nothing'}`;
      },
    },
    {
      says: 'every signal is heard once, in its turn',
      atEnd({ events }) {
        let last = 0;
        for (const event of events) {
          if (event.type !== 'signal-received') continue;
          if (event.id !== last + 1) return `after signal ${last} came ${event.id}`;
          last = event.id;
        }
        return null;
      },
    },
  ],
};

/** A state as plain data, so that two can be compared. */
function plainOf(state: DeploymentState): unknown {
  return { ...state, targets: [...state.targets] };
}
