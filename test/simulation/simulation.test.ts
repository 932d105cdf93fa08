/** Many deployments with the real engine, on virtual time, with everything going wrong that can. */
import { describe, expect, test } from 'vitest';
import { rollout, update } from '../../src/strategies/strategy.ts';
import { simulate, simulateEveryCrash } from '../../src/testing/simulation/simulate.ts';
import { type Story, tell } from '../../src/testing/simulation/story.ts';

const SEEDS = 80;
/** Of a hundred thousand, those that broke a promise longest. */
const ONCE_BROKEN = [
  52899, 69680, 87550, 89720, 94464, 7427, 9698, 16417, 16924, 37662, 56840, 57418, 68616, 69210, 78655,
  79323, 96284,
];
/** For a machine that has much else to do. */
const TIMEOUT_MS = 60_000;

function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The stories in which a promise was broken, each with what was. */
function broken(stories: readonly Story[]): string[] {
  return stories.flatMap(({ seed, violations }) =>
    violations.map((violation) => `seed ${seed}: ${violation}`),
  );
}

describe('every promise is kept', () => {
  test(
    `in the deployments of ${SEEDS} seeds, each in trouble of its own`,
    async () => {
      const stories = await Promise.all(seedsFrom(1, SEEDS).map((seed) => simulate(seed)));
      expect(broken(stories)).toEqual([]);
      // The trouble is real: they end in every way, and every kind of fault has struck.
      expect(new Set(stories.map((story) => story.outcome))).toEqual(
        new Set(['completed', 'rolled-back', 'aborted', 'failed']),
      );
      const struck = new Set(stories.flatMap((story) => [...story.faults.keys()]));
      for (const kind of [
        'controller killed',
        'controller frozen',
        'never healthy',
        'falls-ill',
        'signal abort',
      ]) {
        expect(struck).toContain(kind);
      }
    },
    TIMEOUT_MS,
  );

  test(
    'also in those that once broke one',
    async () => {
      expect(broken(await Promise.all(ONCE_BROKEN.map((seed) => simulate(seed))))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'also wherever the controller is killed: it ends the same',
    async () => {
      const stories = (await Promise.all([7, 19, 41].map((seed) => simulateEveryCrash(seed)))).flat();
      expect(stories.length).toBeGreaterThan(60);
      expect(broken(stories)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe('a simulation', () => {
  test('of one seed is always the same story', async () => {
    const stories = await Promise.all([simulate(42), simulate(42)]);
    expect(tell(stories[0])).toBe(tell(stories[1]));
  });

  test('that is calm completes', async () => {
    const stories = await Promise.all(seedsFrom(1, 25).map((seed) => simulate(seed, { calm: true })));
    expect(broken(stories)).toEqual([]);
    expect(new Set(stories.map((story) => story.outcome))).toEqual(new Set(['completed']));
  });

  test('tells its story in plain words', async () => {
    const told = tell(await simulate(42));
    expect(told).toMatch(/^seed 42: \w+ /);
    expect(told).toMatch(/^ +0\.000 s {2}controller-1 starts$/m);
    expect(told).toMatch(/^outcome: /m);
  });

  test('takes a strategy of the user', async () => {
    const lastFirst = {
      name: 'lastFirst',
      options: {},
      steps: (context: Parameters<typeof rollout>[0]) =>
        rollout(context, [
          ...context.targets.toReversed().map((target) => update([target], 'in-place')),
          { kind: 'verify' as const },
        ]),
    };
    const stories = await Promise.all(
      seedsFrom(1, 15).map((seed) => simulate(seed, { strategy: lastFirst })),
    );
    expect(broken(stories)).toEqual([]);
    expect(stories.every((story) => story.scenario.plan.strategy.name === 'lastFirst')).toBe(true);
  });

  test('finds out about a strategy that is no good', async () => {
    const impatient = {
      name: 'impatient',
      options: {},
      // Retires the old before the new is verified.
      steps: (context: Parameters<typeof rollout>[0]) => [
        ...rollout(context, [update(context.targets, context.can.beside ? 'beside' : 'in-place')]),
        { kind: 'verify' as const },
      ],
    };
    const stories = await Promise.all(
      seedsFrom(1, 10).map((seed) => simulate(seed, { strategy: impatient, calm: true })),
    );
    expect(broken(stories).join('\n')).toContain(
      'promise 2, the old is not retired before the new is verified',
    );
  });
});
