import type { Mutant } from './mutant.ts';

/** Faults that take more capacity than the plan allows, or send traffic to where there is none. */
export const AGAINST_AVAILABILITY: readonly Mutant[] = [
  {
    name: 'one-too-few',
    promise: 1,
    says: 'a target may be taken out of service when exactly `minAvailable` are left',
    file: 'domain/decide-step.ts',
    find: 'choice.available <= leastAvailable(state)',
    replace: 'choice.available < leastAvailable(state)',
  },
  {
    name: 'batch-counted-once',
    promise: 1,
    says: 'of the targets taken out in one go, only the first is counted',
    file: 'domain/decide-step.ts',
    find: '    choice.available--;\n',
    replace: '',
  },
  {
    name: 'no-look-before-cost',
    promise: 1,
    under: 'sick olds, left',
    says: 'nobody looks at the fleet before a step that costs capacity',
    file: 'domain/decide-step.ts',
    find: 'if ((costsCapacity || restores(step) || hasUnseen(context)) && !isLooked)',
    replace: 'if ((restores(step) || hasUnseen(context)) && !isLooked)',
  },
  {
    name: 'sight-not-believed',
    promise: 1,
    under: 'sick olds',
    says: 'a target that was seen to be unhealthy still counts as serving',
    file: 'domain/observed.ts',
    find: "if (phase === 'serving' && !healthy) return 'failing';",
    replace: "if (phase === 'serving' && !healthy) return 'serving';",
  },
  {
    name: 'shift-before-capacity',
    promise: 1,
    says: 'the traffic moves forward whether or not there is capacity for it',
    file: 'engine/perform-on-fleet.ts',
    find: 'if (onNew.healthy.length < needed) {',
    replace: 'if (onNew.healthy.length < 0) {',
  },
  {
    name: 'back-before-capacity',
    promise: 1,
    under: 'sick olds',
    says: 'a rollback moves the traffic first and starts what ran before afterwards',
    file: 'domain/rollback.ts',
    find: "if (trafficMoved(state)) steps.push({ kind: 'shift', percent: shareBefore(state) });",
    replace: "if (trafficMoved(state)) steps.unshift({ kind: 'shift', percent: shareBefore(state) });",
    // The look before a shift would refuse it.
    and: [
      {
        file: 'engine/perform-on-fleet.ts',
        find: 'if (has > had || (has >= enough && !toNobody)) return;',
        replace: 'if (has >= 0 || had + enough < 0 || toNobody) return;',
      },
    ],
  },
  {
    name: 'back-without-a-look',
    promise: 1,
    under: 'sick olds',
    says: 'a rollback moves the traffic without a look whether the old is healthy',
    file: 'engine/perform-on-fleet.ts',
    find: 'if (has > had || (has >= enough && !toNobody)) return;',
    replace: 'if (has >= 0 || had + enough < 0 || toNobody) return;',
  },
  {
    name: 'admitted-unasked',
    promise: 1,
    says: 'an instance is let in without waiting until it is healthy',
    file: 'domain/operation-effects.ts',
    find: "if (can.probed) return 'started';",
    replace: "if (can.probed && !can.routed) return 'started';",
  },
];
