import { expect, test } from 'vitest';
import type { Step } from '../../src/domain/step.ts';
import { rollout, type StrategyContext, update } from '../../src/strategies/strategy.ts';
import { shrink } from '../../src/testing/simulation/shrink.ts';
import { simulate } from '../../src/testing/simulation/simulate.ts';

/** Retires the old before the new is verified. */
const impatient = {
  name: 'impatient',
  options: {},
  steps: (context: StrategyContext): Step[] => [
    ...rollout(context, [update(context.targets, context.can.beside ? 'beside' : 'in-place')]),
    { kind: 'verify' },
  ],
};

test('a story of a broken promise shrinks to what it takes to break it', async () => {
  const stories = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => simulate(seed, { strategy: impatient })),
  );
  const story = stories.find(({ violations, faults }) => violations.length > 0 && faults.size > 1);
  expect(story).toBeDefined();
  const smallest = await shrink(story!);
  expect(smallest.violations.join('\n')).toContain(
    'promise 2, the old is not retired before the new is verified',
  );
  const { person: _person, ...trouble } = smallest.scenario.trouble;
  expect(trouble).toEqual({
    calls: [],
    sicknesses: [],
    crashes: [],
    kills: [],
    jumps: [],
    freezes: [],
    absences: [],
    rivals: [],
    signals: [],
    whenKilled: null,
  });
  expect(smallest.seed).toBe(story?.seed);
});

test('a story in which every promise was kept stays as it is', async () => {
  const story = await simulate(1);
  expect(story.violations).toEqual([]);
  expect(await shrink(story)).toBe(story);
});
