/** Promise 10, and what is asked of every simulation because of it. */
import type { Promised } from '../invariants.ts';

export const NO_REQUEST_LOST: Promised = {
  number: 10,
  name: 'Zero lost requests',
  text: 'In a rollout, a rollback and a crash of the controller, under load.',
  invariants: [
    {
      says: 'nothing is stopped while it gets traffic',
      ofEffect: ({ cutsTraffic }, { plan }) =>
        cutsTraffic && plan.capabilities.routed
          ? 'it was still in the pool, with a share of the traffic'
          : null,
    },
  ],
};
