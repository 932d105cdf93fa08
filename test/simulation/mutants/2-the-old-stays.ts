import type { Mutant } from './mutant.ts';

/** Faults that lose the last good release. */
export const AGAINST_THE_OLD: readonly Mutant[] = [
  {
    name: 'retired-early',
    promise: 2,
    says: 'strategies retire the old before the verify step',
    file: 'strategies/strategy.ts',
    find: 'return [...stage, ...middle, ...retire];',
    replace: 'return [...stage, ...middle.slice(0, -1), ...retire, ...middle.slice(-1)];',
  },
  {
    name: 'retired-where-the-new-failed',
    promise: 2,
    says: 'the old is retired also where the new does not serve',
    file: 'domain/next-operation.ts',
    find: "if (target.new !== 'serving' && had.leaving !== true) {",
    replace: "if (target.new === 'none' && had.leaving !== true) {",
  },
  {
    name: 'old-goes-first',
    promise: 2,
    says: 'a surge takes the old down before the new is up',
    file: 'domain/next-operation.ts',
    find: 'return bringUp(to, target[to]) ?? takeDown(away, target[away], can);',
    replace: 'return takeDown(away, target[away], can) ?? bringUp(to, target[to]);',
  },
  {
    name: 'pin-forgotten',
    promise: 2,
    says: 'the last good release is not pinned when old ones are pruned',
    file: 'engine/perform-prune.ts',
    find: 'const own = [...also, ...Object.keys(plan.previous)];',
    replace: 'const own = also;',
  },
  {
    name: 'only-copy-killed',
    promise: 2,
    under: 'sick olds',
    says: 'a rollback takes the new down where it is the only one that serves',
    file: 'domain/next-operation.ts',
    find: 'if (onlyCopy && mayServe(target.new)) return null;',
    replace: '',
  },
  {
    name: 'beside-not-kept',
    promise: 2,
    says: 'an update that keeps the old running beside the new takes it down at once',
    file: 'domain/next-operation.ts',
    find: "    case 'beside':\n      return bringUp(to, target[to]);",
    replace: "    case 'beside':\n      return bringUp(to, target[to]) ?? takeDown(away, target[away], can);",
  },
];
