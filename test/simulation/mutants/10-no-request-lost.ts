import type { Mutant } from './mutant.ts';

/** Faults that cut off requests. */
export const AGAINST_REQUESTS: readonly Mutant[] = [
  {
    name: 'stopped-undrained',
    promise: 10,
    says: 'an instance is stopped without being drained',
    file: 'domain/next-operation.ts',
    find: "return { operation: can.routed ? 'drain' : 'stop', side };",
    replace: "return { operation: 'stop', side };",
  },
  {
    name: 'replaced-undrained',
    promise: 10,
    says: 'where only one release runs on a target, the other is replaced without being drained',
    file: 'domain/next-operation.ts',
    find: "return next?.operation === 'drain' ? next : null;",
    replace: 'return next === null ? next : null;',
  },
  {
    name: 'half-admitted-undrained',
    promise: 10,
    says: 'an instance whose admit failed is taken down as if it had never been let in',
    file: 'domain/next-operation.ts',
    find: "    case 'healthy':\n    case 'started':\n      return { operation: can.routed ? 'drain' : 'stop', side };",
    replace:
      "    case 'started':\n      return { operation: can.routed ? 'drain' : 'stop', side };\n    case 'healthy':",
  },
  {
    name: 'drain-believed',
    promise: 10,
    says: 'a drain counts as done as soon as it has begun',
    file: 'domain/operation-effects.ts',
    find: "return { ...target, [side]: 'draining' };",
    replace: "return { ...target, [side]: 'drained' };",
  },
];
