/** Promise 5, and what is asked of every simulation because of it. */
import type { Promised } from '../invariants.ts';

export const ONE_HAND: Promised = {
  number: 5,
  name: 'One hand on the wheel',
  text: 'At most one controller acts on a service in an environment; a stale one is fenced off before it can act again.',
  ofTheWhole: ['there is one deployment at a time', 'who may not act is refused or fenced'],
  invariants: [
    {
      says: 'only who holds the lease acts',
      ofEffect: ({ by, holder }) =>
        by === holder ? null : `${by} acts while ${holder ?? 'nobody'} holds it`,
    },
  ],
};
