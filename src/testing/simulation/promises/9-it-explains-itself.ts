/** Promise 9, and what is asked of every simulation because of it. */
import { firstWrong } from '../compare-with-world.ts';
import type { Promised } from '../invariants.ts';

export const IT_EXPLAINS_ITSELF: Promised = {
  number: 9,
  name: 'A failure explains itself',
  text: 'The cause, the evidence, and what is serving now.',
  invariants: [
    {
      says: 'what did not complete says why',
      atEnd({ state }) {
        if (state.outcome === 'completed') return null;
        if (state.cause === null || state.cause.message === '') return 'there is no cause';
        const fits = state.outcome !== 'aborted' || state.cause.kind === 'abort';
        return fits ? null : `it was aborted, and the cause is ${state.cause.kind}`;
      },
    },
    {
      says: 'what was aborted says so',
      atEnd({ aborted, state }) {
        if (!aborted || state.outcome === 'aborted' || state.outcome === 'failed') return null;
        return `it says ${state.outcome}, ${state.cause?.message}`;
      },
    },
    {
      says: 'a target that failed is named, with what was wrong',
      ofEvent({ event, before, after }) {
        if (event.type !== 'operations-finished') return null;
        return firstWrong(after, (index, { id }) => {
          const { failure } = after.targets.get(index);
          if (failure === null || failure === before.targets.get(index).failure) return null;
          if (failure.target !== id) return `is not named in "${failure.message}"`;
          return failure.message === '' ? 'failed without a reason' : null;
        });
      },
    },
    {
      says: 'what ended is told with its exit code',
      ofEvent({ event }) {
        if (event.type !== 'operations-finished') return null;
        const untold = event.outcomes.find(
          ({ error, evidence }) => error?.includes('exit code') && evidence?.exitCode === undefined,
        );
        return untold === undefined ? null : `${untold.error}: without evidence`;
      },
    },
  ],
};
