import type { Mutant } from './mutant.ts';

/** Faults under which nobody is told what went wrong. */
export const AGAINST_EXPLAINING: readonly Mutant[] = [
  {
    name: 'cause-lost',
    promise: 9,
    says: 'why a rollback began is forgotten when it begins',
    file: 'domain/evolve.ts',
    find: '    cause: event.cause,\n    turnedBackFor:',
    replace: '    cause: null,\n    turnedBackFor:',
  },
  {
    name: 'abort-told-as-rollback',
    promise: 9,
    says: 'a deployment that somebody aborted is told as one that was rolled back',
    file: 'domain/outcome.ts',
    find: "return state.aborted === null ? 'rolled-back' : 'aborted';",
    replace: "return 'rolled-back';",
  },
  {
    name: 'evidence-lost',
    promise: 9,
    says: 'the exit code of an instance that ended is not told',
    file: 'engine/perform-on-target.ts',
    find: '...(now.evidence === undefined ? {} : { evidence: now.evidence }),',
    replace: '',
  },
  {
    name: 'culprit-lost',
    promise: 9,
    says: 'on which target an operation failed is not told',
    file: 'domain/evolve-operations.ts',
    find: '...(target === undefined ? {} : { target }),',
    replace: '',
  },
];
