import type { Mutant } from './mutant.ts';

/** Faults under which somebody says abort and the new version spreads all the same. */
export const AGAINST_ABORT: readonly Mutant[] = [
  {
    name: 'abort-ignored-in-bake',
    promise: 3,
    says: 'an abort during a bake is refused',
    file: 'domain/evolve-signals.ts',
    find: "if (signal.signal === 'abort') return null;",
    replace:
      "if (signal.signal === 'abort') return currentStep(state)?.kind === 'bake' ? 'it is baking' : null;",
  },
  {
    name: 'abort-loses-to-promote-full',
    promise: 3,
    under: 'second thoughts',
    says: 'an abort is refused after `promote --full`',
    file: 'domain/evolve-signals.ts',
    find: "if (signal.signal === 'abort') return null;",
    replace: "if (signal.signal === 'abort') return state.promotedFully ? 'it was promoted' : null;",
  },
  {
    name: 'abort-as-a-failure',
    promise: 3,
    says: 'an abort does what the plan says of failures: it may only stop, and leave everything where it stands',
    file: 'domain/evolve-signals.ts',
    find: "return { ...state, paused: null, aborted: cause, cause, turn: { cause, into: 'rollback' } };",
    replace:
      'return { ...state, paused: null, aborted: cause, cause, turn: { cause, into: state.plan.policy.onFailure } };',
  },
  {
    name: 'abort-after-the-step',
    promise: 3,
    says: 'the step under way is finished before an abort is obeyed',
    file: 'domain/decide.ts',
    find: '{ when: (state) => state.turn !== null && isBusy(state), decide: cutShort },',
    replace:
      "{ when: (state) => state.turn !== null && isBusy(state), decide: (state, now) => (state.turn?.cause.kind === 'abort' ? decideStep(state, now) : cutShort()) },",
  },
  {
    name: 'resumed-after-abort',
    promise: 3,
    under: 'second thoughts',
    says: 'a resume after an abort takes it back',
    file: 'domain/evolve-signals.ts',
    find: 'return whyTooLate(state) ?? whyUnfit(state, signal);',
    replace:
      "return signal.signal === 'resume' || signal.signal === 'pause' ? whyUnfit(state, signal) : (whyTooLate(state) ?? whyUnfit(state, signal));",
    and: [
      {
        file: 'domain/evolve-signals.ts',
        find: 'const woken = { ...state, paused: null, cause:',
        replace: 'const woken = { ...state, paused: null, turn: null, cause:',
      },
    ],
  },
  {
    name: 'abort-heard-late',
    promise: 3,
    says: 'the journal is asked for signals every five seconds only',
    file: 'engine/deployment-run.ts',
    find: 'const SIGNAL_POLL_MS = 200;',
    replace: 'const SIGNAL_POLL_MS = 5_000;',
  },
  {
    name: 'abort-unheard-at-takeover',
    promise: 3,
    says: 'who takes over begins operations before asking what was signalled meanwhile',
    file: 'engine/deployment-run.ts',
    find: 'let events = [...this.#fold(first), ...(await this.#signals())];',
    replace: 'let events = this.#fold(first);',
  },
];
