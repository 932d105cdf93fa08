import type { Mutant } from './mutant.ts';

/** Faults that let two controllers act on one service. */
export const AGAINST_ONE_HAND: readonly Mutant[] = [
  {
    name: 'append-without-fence',
    promise: 5,
    says: 'the journal takes events from a controller whose lease another one has taken over',
    file: 'journal/memory/memory-journal.ts',
    find: '    this.#leases.assertHeld(found.summary, lease);\n',
    replace: '',
    // The controller itself must not have heard yet that it was fenced.
    and: [
      {
        file: 'engine/deployment-run.ts',
        find: '    keeper.onLost((reason) => this.leave(reason));\n',
        replace: '',
      },
    ],
    under: 'takeovers',
  },
  {
    name: 'act-without-fence',
    promise: 5,
    under: 'takeovers',
    says: 'between looking and acting nobody asks whether the lease still holds',
    file: 'engine/operation-handle.ts',
    find: "if (!this.#keeper.isHeld) throw new OperationError('the lease ran out before it could be done');",
    replace: '',
  },
  {
    name: 'lease-not-renewed',
    promise: 5,
    neighbour: {
      promise: 4,
      because: 'whoever let the lease run out may not act any more, and nothing ends well',
    },
    says: 'the lease is never renewed, neither in time nor before acting',
    file: 'engine/lease-keeper.ts',
    find: '    this.#askedAt = askedAt;\n    this.#beatLater();',
    replace: '    this.#askedAt = askedAt;',
    and: [
      {
        file: 'engine/operation-handle.ts',
        find: 'if (!this.#keeper.isHeld) await this.#keeper.renew();',
        replace: '',
      },
    ],
  },
  {
    name: 'lease-taken-away',
    promise: 5,
    says: 'a lease is given to whoever asks, though another holds it',
    file: 'journal/memory/leases.ts',
    find: 'if (held !== null && held.expiresAt > now && !isGone) {',
    replace: 'if (held !== null && held.expiresAt < 0 && !isGone) {',
  },
  {
    name: 'epoch-stays',
    promise: 5,
    under: 'takeovers',
    says: 'a lease that changes hands keeps its epoch, and its holder is not compared',
    file: 'journal/memory/leases.ts',
    find: 'return current?.epoch === lease.epoch && current.holder === lease.holder ? current : null;',
    replace: 'return current;',
  },
  {
    name: 'second-beside-unfinished',
    promise: 5,
    says: 'a deployment begins although another one of the service has not ended',
    file: 'engine/engine.ts',
    find: '      await this.#refuseUnfinished(plan);\n',
    replace: '',
  },
];
