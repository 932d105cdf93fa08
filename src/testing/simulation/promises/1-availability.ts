/** Promise 1, and what is asked of every simulation because of it. */
import { capacityFor } from '../../../domain/amount.ts';
import { leastAvailable } from '../../../domain/state.ts';
import type { Promised } from '../invariants.ts';

export const AVAILABILITY: Promised = {
  number: 1,
  name: 'Availability',
  text: "Sluice's own actions never take the number of healthy serving targets below the plan's `minAvailable`; capacity is there before traffic is, forwards and backwards.",
  invariants: [
    {
      says: 'no action of ours takes the healthy serving targets below minAvailable',
      ofEffect({ before, after, recovers, latest }, state, first) {
        // It was right when it was begun; what has failed since then was not our doing.
        if (recovers) return null;
        // Another that was lost since it was begun may have made room for both.
        const least = Math.min(leastAvailable(state), leastAvailable(latest), first.serving);
        if (after.serving >= before.serving || after.serving >= least) return null;
        return `${before.serving} targets served, now ${after.serving} of at least ${least}`;
      },
    },
    {
      says: 'a share of the traffic goes forward only to where it is carried',
      ofEffect({ call, percent = 0, after }, state) {
        const { plan, direction } = state;
        if (call !== 'shift' || direction === 'back' || percent === 0) return null;
        const wanted = plan.targets.filter((target) => target.leaving !== true).length;
        const needed = Math.min(capacityFor(percent, wanted), wanted - state.failures);
        const there = after.healthyOn.get(plan.release.id) ?? 0;
        return there >= needed ? null : `${percent} % went to ${there} healthy targets, it takes ${needed}`;
      },
    },
    {
      says: 'traffic goes back only to where somebody answers',
      ofEffect({ call, after }, { plan, direction }) {
        if (call !== 'shift' || direction === 'forward') return null;
        const onNew = after.healthyOn.get(plan.release.id) ?? 0;
        return after.serving > 0 || onNew === 0 ? null : 'nobody healthy gets traffic any more';
      },
    },
    {
      says: 'no share of the traffic goes to where nobody is healthy',
      ofEffect({ call, percent = 0, before, after }, { plan }) {
        if (call !== 'shift') return null;
        const onNew = after.healthyOn.get(plan.release.id) ?? 0;
        const onOld = sumOf(after.healthyOn) - onNew;
        const had = before.percent ?? 0;
        // What was already so, or cannot be otherwise, is not our doing.
        if (percent > had && onNew === 0 && onOld > 0 && after.named > 0)
          return `${percent} % goes to the new, of which nothing is healthy`;
        if (percent < had && onOld === 0 && onNew > 0 && after.others > 0) {
          return `${100 - percent} % goes to what ran before, of which nothing is healthy`;
        }
        return null;
      },
    },
    {
      says: 'who is let in has been healthy',
      ofEffect: ({ letsInEarly, target }, { plan }) =>
        letsInEarly && plan.capabilities.probed ? `what runs on ${target} was never healthy yet` : null,
    },
  ],
};

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
