/** What holds for the steps of every strategy, whatever its options and the fleet. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Amount, atMost, capacityFor } from '../../src/domain/amount.ts';
import type { Capabilities } from '../../src/domain/plan.ts';
import type { Step } from '../../src/domain/step.ts';
import { InvalidInputError } from '../../src/errors.ts';
import { allAtOnceSteps } from '../../src/strategies/all-at-once.ts';
import { type BlueGreenOptions, blueGreenSteps } from '../../src/strategies/blue-green.ts';
import { type CanaryOptions, canarySteps } from '../../src/strategies/canary.ts';
import { type RollingOptions, rollingSteps } from '../../src/strategies/rolling.ts';
import type { Strategy, StrategyContext } from '../../src/strategies/strategy.ts';

const CAN: Capabilities = { beside: true, routed: true, staged: true, probed: true, checked: true };

const can: fc.Arbitrary<Capabilities> = fc.record({
  beside: fc.boolean(),
  routed: fc.boolean(),
  staged: fc.boolean(),
  probed: fc.boolean(),
  checked: fc.boolean(),
});

const context: fc.Arbitrary<StrategyContext> = fc
  .record({ count: fc.nat({ max: 40 }), unchanged: fc.nat({ max: 10 }), leaving: fc.boolean(), can })
  .map(({ count, ...rest }) => ({ ...rest, targets: idsOf(count), first: false }));

const amount: fc.Arbitrary<Amount> = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.integer({ min: 1, max: 100 }).map((value): Amount => `${value}%`),
);

const rolling: fc.Arbitrary<RollingOptions> = fc.record(
  {
    batchSize: amount,
    pauseMs: fc.nat({ max: 5 }),
    inPlace: fc.boolean(),
    maxUnavailable: fc.integer({ min: 1, max: 9 }),
  },
  { requiredKeys: [] },
);

const canary: fc.Arbitrary<CanaryOptions> = fc
  .uniqueArray(
    fc.record(
      { percent: fc.integer({ min: 1, max: 100 }), bakeMs: fc.nat({ max: 5 }), gate: fc.constant('go?') },
      { requiredKeys: ['percent'] },
    ),
    { selector: ({ percent }) => percent, maxLength: 6 },
  )
  .map((stages) => ({ stages: stages.toSorted((a, b) => a.percent - b.percent) }));

const blueGreen: fc.Arbitrary<BlueGreenOptions> = fc.record(
  { gate: fc.constant('go?'), bakeMs: fc.nat({ max: 5 }) },
  { requiredKeys: [] },
);

const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  rolling.map(rollingSteps),
  canary.map(canarySteps),
  blueGreen.map(blueGreenSteps),
  fc.constant(allAtOnceSteps()),
);

describe('every strategy', () => {
  test('updates each target exactly once, in the given order', () => {
    fc.assert(
      fc.property(strategy, context, ({ steps }, context) => {
        const updated = steps(context).flatMap((step) => (step.kind === 'update' ? step.targets : []));
        expect(updated).toEqual(context.targets);
      }),
    );
  });

  test('gives the new a rising share of the traffic, and never one that it has no capacity for', () => {
    fc.assert(
      fc.property(strategy, context, ({ steps }, context) => {
        const { targets, unchanged = 0 } = context;
        let [share, capacity] = [-1, unchanged];
        for (const step of steps(context)) {
          if (step.kind === 'update') capacity += step.targets.length;
          if (step.kind !== 'shift') continue;
          expect(step.percent).toBeGreaterThan(share);
          expect(capacity).toBeGreaterThanOrEqual(capacityFor(step.percent, targets.length + unchanged));
          share = step.percent;
        }
        expect([-1, 100]).toContain(share);
      }),
    );
  });

  test('uses only what the platform can do', () => {
    fc.assert(
      fc.property(strategy, context, ({ steps }, context) => {
        for (const step of steps(context)) {
          if (step.kind === 'stage') expect(context.can.staged).toBe(true);
          if (step.kind === 'shift') expect(context.can).toMatchObject({ routed: true, beside: true });
          if (step.kind === 'update' && step.mode !== 'in-place') expect(context.can.beside).toBe(true);
        }
      }),
    );
  });

  test('stages first, verifies after the last update, and retires last', () => {
    fc.assert(
      fc.property(strategy, context, ({ steps }, context) => {
        const kinds = steps(context).map((step) => step.kind);
        if (context.targets.length === 0) {
          expect(kinds).toEqual(context.leaving ? ['retire'] : []);
          return;
        }
        expect(kinds.indexOf('stage')).toBe(context.can.staged ? 0 : -1);
        expect(kinds.indexOf('verify')).toBeGreaterThan(kinds.lastIndexOf('update'));
        const retires = context.leaving || context.can.beside || context.can.staged;
        expect(kinds.indexOf('retire')).toBe(retires ? kinds.length - 1 : -1);
      }),
    );
  });

  test('does the first deployment at once: there is nothing to protect', () => {
    fc.assert(
      fc.property(strategy, can, fc.integer({ min: 1, max: 9 }), ({ steps }, can, count) => {
        const first = { targets: idsOf(count), first: true, can };
        expect(steps(first)).toEqual(allAtOnceSteps().steps(first));
      }),
    );
  });
});

describe('rolling', () => {
  test.each([
    [undefined, 7, [1, 1, 1, 1, 1, 1, 1]],
    ['33%', 7, [2, 2, 2, 1]],
    ['50%', 1, [1]],
    [3, 7, [3, 3, 1]],
    [99, 2, [2]],
  ] as const)('batches of %s of %i targets', (batchSize, count, expected) => {
    const options = batchSize === undefined ? {} : { batchSize };
    expect(batches(rollingSteps(options).steps(fleet(count)))).toEqual(expected);
  });

  test('in place, maxUnavailable makes batches smaller; beside, none is unavailable anyway', () => {
    const options = { batchSize: 4, maxUnavailable: '30%' } as const;
    expect(batches(rollingSteps({ ...options, inPlace: true }).steps(fleet(8)))).toEqual([2, 2, 2, 2]);
    expect(batches(rollingSteps(options).steps(fleet(8)))).toEqual([4, 4]);
    expect(batches(rollingSteps(options).steps(fleet(8, { beside: false })))).toEqual([2, 2, 2, 2]);
  });

  test('never more than maxUnavailable, of any fleet', () => {
    fc.assert(
      fc.property(
        amount,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 60 }),
        (size, most, count) => {
          const steps = rollingSteps({ batchSize: size, maxUnavailable: most, inPlace: true }).steps(
            fleet(count),
          );
          for (const batch of batches(steps))
            expect(batch).toBeLessThanOrEqual(Math.min(most, atMost(size, count)));
        },
      ),
    );
  });

  test('maxUnavailable that allows none cannot be kept in place', () => {
    const strategy = rollingSteps({ maxUnavailable: '10%', inPlace: true });
    expect(() => strategy.steps(fleet(5))).toThrow(InvalidInputError);
    expect(() => strategy.steps(fleet(10))).not.toThrow();
    expect(strategy.steps(fleet(0))).toEqual([]);
  });

  test('waits between batches, not after the last', () => {
    const steps = rollingSteps({ batchSize: 1, pauseMs: 5 }).steps(fleet(3));
    expect(kinds(steps)).toBe('stage update bake update bake update verify retire');
  });
});

describe('canary', () => {
  test('by default in four stages, each watched when there are checks', () => {
    const steps = canarySteps().steps(fleet(10));
    const stage = 'update shift bake';
    expect(kinds(steps)).toBe(`stage shift ${[stage, stage, stage, stage].join(' ')} verify retire`);
    expect(batches(steps)).toEqual([1, 2, 2, 5]);
    expect(kinds(canarySteps().steps(fleet(10, { checked: false })))).not.toContain('bake');
  });

  test('33 % of 7: the traffic is carried by 3 where it is divided, 2 are at stake where it is not', () => {
    const strategy = canarySteps({ stages: [33] });
    expect(batches(strategy.steps(fleet(7)))).toEqual([3, 4]);
    expect(batches(strategy.steps(fleet(7, { beside: false })))).toEqual([2, 5]);
  });

  test('one target is the whole fleet; the traffic is shared all the same', () => {
    const steps = canarySteps({ stages: [10, 50] }).steps(fleet(1));
    expect(kinds(steps)).toBe('stage shift update shift bake shift bake shift bake verify retire');
    expect(kinds(canarySteps({ stages: [10, 50] }).steps(fleet(1, { beside: false })))).toBe(
      'stage update bake verify retire',
    );
  });

  test('a gate asks after its stage, with its deadline', () => {
    const stages = [{ percent: 50, bakeMs: 0, gate: { name: 'more?', deadlineMs: 7 } }];
    expect(canarySteps({ stages }).steps(fleet(2))).toContainEqual({
      kind: 'gate',
      name: 'more?',
      deadlineMs: 7,
    });
  });

  test('a gate asks as many people as it is told, and only those', () => {
    const gate = { name: 'more?', approvals: 2, approvers: ['ann', 'bob', 'carl'] };
    const step = { kind: 'gate', deadlineMs: 86_400_000, ...gate };
    const strategies = [canarySteps({ stages: [{ percent: 50, gate }] }), blueGreenSteps({ gate })];
    for (const strategy of strategies) expect(strategy.steps(fleet(2))).toContainEqual(step);
    expect(strategies[1]?.options).toEqual({ gate });
    expect(blueGreenSteps({ gate: 'more?' }).options).toEqual({ gate: 'more?' });
  });

  test('a gate that could never be passed is refused', () => {
    const gate = { name: 'more?', approvals: 2, approvers: ['ann'] };
    expect(() => canarySteps({ stages: [10, { percent: 50, gate }] })).toThrow(
      'stages[1].gate: 2 approvals, and only 1 who may approve (ann)',
    );
    expect(() => blueGreenSteps({ gate: { name: 'more?', approvals: 0 } })).toThrow(
      'gate: approvals 0 is not 1 or more',
    );
  });

  test('goes on where a rollout was left: no stage that it is past, and no share taken away', () => {
    const steps = canarySteps({ stages: [10, 50] }).steps({ ...fleet(6), unchanged: 4 });
    expect(steps.flatMap((step) => (step.kind === 'shift' ? [step.percent] : []))).toEqual([40, 50, 100]);
    expect(batches(steps)).toEqual([1, 5]);
  });

  test.each([[[0]], [[101]], [[50, 50]], [[50, 10]], [[Number.NaN]], [[{ percent: -1 }]]])(
    'stages %j',
    (stages) => {
      expect(() => canarySteps({ stages })).toThrow(InvalidInputError);
    },
  );
});

describe('blue-green', () => {
  test('verifies before the switch, asks, switches, watches', () => {
    const steps = blueGreenSteps({ gate: 'switch?', bakeMs: 5 }).steps(fleet(2));
    expect(kinds(steps)).toBe('stage shift update verify gate shift bake retire');
    expect(steps.flatMap((step) => (step.kind === 'shift' ? [step.percent] : []))).toEqual([0, 100]);
  });

  test('without a router there is nothing to switch', () => {
    expect(kinds(blueGreenSteps().steps(fleet(2, { routed: false })))).toBe('stage update verify retire');
  });
});

function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `t${index + 1}`);
}

function fleet(count: number, can: Partial<Capabilities> = {}): StrategyContext {
  return { targets: idsOf(count), first: false, can: { ...CAN, ...can } };
}

function batches(steps: readonly Step[]): number[] {
  return steps.flatMap((step) => (step.kind === 'update' ? [step.targets.length] : []));
}

function kinds(steps: readonly Step[]): string {
  return steps.map((step) => step.kind).join(' ');
}
