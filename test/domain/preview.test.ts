/** What a plan says before anything moves, for each strategy. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Capabilities, PlannedTarget } from '../../src/domain/plan.ts';
import { previewPlan } from '../../src/domain/preview.ts';
import type { Step } from '../../src/domain/step.ts';
import { allAtOnceSteps } from '../../src/strategies/all-at-once.ts';
import { blueGreenSteps } from '../../src/strategies/blue-green.ts';
import { canarySteps } from '../../src/strategies/canary.ts';
import { rollingSteps } from '../../src/strategies/rolling.ts';
import type { Strategy } from '../../src/strategies/strategy.ts';
import { CAN, NEW, OLD, type PlanParts, targetsOf, testPlan, updateOf } from './plans.ts';

const ONLY_ONE: Partial<Capabilities> = { beside: false };

/** The numbers of the plan that a strategy makes. */
function numbers(
  strategy: Strategy,
  targets: number,
  can: Partial<Capabilities> = {},
  parts: PlanParts = {},
) {
  const ids = targetsOf(targets).map((target) => target.id);
  const steps = strategy.steps({ targets: ids, first: false, can: { ...CAN, ...can } });
  const preview = previewPlan(testPlan({ targets, steps, can, ...parts }));
  return {
    extra: preview.peakExtraInstances,
    unavailable: preview.worstUnavailable,
    waitsMs: preview.waitsMs,
    percents: preview.steps.flatMap(({ step, percent }) => (step.kind === 'shift' ? [percent] : [])),
  };
}

describe('the numbers of', () => {
  test.each([
    ['rolling, beside', rollingSteps({ batchSize: '25%' }), 8, {}, { extra: 2, unavailable: 0, waitsMs: 0 }],
    ['rolling, in place', rollingSteps({ batchSize: 3, inPlace: true }), 8, {}, { extra: 0, unavailable: 3 }],
    [
      'rolling, one at a time',
      rollingSteps({ batchSize: 1, pauseMs: 2_000 }),
      3,
      {},
      { extra: 1, waitsMs: 4_000 },
    ],
    ['rolling, only one fits', rollingSteps({ batchSize: 2 }), 8, ONLY_ONE, { extra: 0, unavailable: 2 }],
    [
      'canary',
      canarySteps(),
      10,
      {},
      { extra: 10, unavailable: 0, waitsMs: 40_000, percents: [0, 10, 25, 50, 100] },
    ],
    ['canary, only one fits', canarySteps(), 10, ONLY_ONE, { extra: 0, unavailable: 5, percents: [] }],
    [
      'blue-green',
      blueGreenSteps({ bakeMs: 500 }),
      4,
      {},
      { extra: 4, unavailable: 0, waitsMs: 500, percents: [0, 100] },
    ],
    ['blue-green, only one fits', blueGreenSteps(), 4, ONLY_ONE, { extra: 0, unavailable: 4 }],
    ['all at once', allAtOnceSteps(), 5, {}, { extra: 5, unavailable: 0 }],
    ['all at once, only one fits', allAtOnceSteps(), 5, ONLY_ONE, { extra: 0, unavailable: 5 }],
  ] as const)('%s', (_name, strategy, targets, can, expected) => {
    expect(numbers(strategy, targets, can)).toMatchObject(expected);
  });

  test('a plan that is bound: minAvailable is what stays', () => {
    const parts = { policy: { minAvailable: 6 } };
    expect(numbers(allAtOnceSteps(), 8, ONLY_ONE, parts)).toMatchObject({ unavailable: 2 });
  });

  test('no targets, and one', () => {
    expect(numbers(rollingSteps(), 0)).toEqual({ extra: 0, unavailable: 0, waitsMs: 0, percents: [] });
    expect(numbers(canarySteps(), 1)).toMatchObject({
      extra: 1,
      unavailable: 0,
      percents: [0, 10, 25, 50, 100],
    });
  });
});

describe('a first deployment', () => {
  test('has nothing that could become unavailable', () => {
    const targets: PlannedTarget[] = [
      { id: 't1', from: null },
      { id: 't2', from: null },
    ];
    const steps = canarySteps().steps({ targets: ['t1', 't2'], first: true, can: CAN });
    expect(previewPlan(testPlan({ targets, steps }))).toMatchObject({
      peakExtraInstances: 0,
      worstUnavailable: 0,
    });
  });
});

describe('step by step', () => {
  const steps: Step[] = [
    { kind: 'stage' },
    { kind: 'shift', percent: 0 },
    updateOf(2, 'beside'),
    { kind: 'gate', name: 'go?', deadlineMs: 60_000 },
    { kind: 'shift', percent: 100 },
    { kind: 'bake', durationMs: 3_000 },
    { kind: 'verify' },
    { kind: 'retire', side: 'old' },
  ];

  test('says of each what it costs, and what going back from there would be', () => {
    const { steps: previews } = previewPlan(testPlan({ steps }));
    expect(
      previews.map(({ step, extraInstances, minServing, percent, waitsMs, rollback }) => [
        step.kind,
        extraInstances,
        minServing,
        percent,
        waitsMs,
        rollback.map((back) => back.kind).join(' '),
      ]),
    ).toEqual([
      ['stage', 0, 2, null, 0, 'retire'],
      ['shift', 0, 2, 0, 0, 'retire'],
      ['update', 2, 2, 0, 0, 'retire'],
      ['gate', 2, 2, 0, 0, 'retire'],
      ['shift', 2, 2, 100, 0, 'shift retire'],
      ['bake', 2, 2, 100, 3_000, 'shift retire'],
      ['verify', 2, 2, 100, 0, 'shift retire'],
      ['retire', 2, 2, 100, 0, 'update shift retire'],
    ]);
  });

  test('a side without a share of the traffic serves nobody', () => {
    const targets: PlannedTarget[] = [
      { id: 't1', from: OLD.id },
      { id: 't2', from: NEW.id },
    ];
    const starving: Step[] = [{ kind: 'shift', percent: 0 }];
    expect(previewPlan(testPlan({ targets, steps: starving })).worstUnavailable).toBe(1);
  });
});

describe('a plan that cannot go through', () => {
  test('is shown as far as it goes, with what stops it', () => {
    const plan = testPlan({
      targets: 2,
      steps: [updateOf(2, 'in-place'), { kind: 'verify' }],
      policy: { minAvailable: 2 },
    });
    const preview = previewPlan(plan);
    expect(preview.steps).toEqual([]);
    expect(preview.blocked).toBe('going on would leave fewer than 2 healthy targets (2 now)');
    expect(previewPlan(testPlan()).blocked).toBeNull();
  });
});

test('every plan of ours can be shown, and takes no longer than its bakes', () => {
  const strategy = fc.constantFrom(
    rollingSteps({ pauseMs: 100 }),
    rollingSteps({ inPlace: true, batchSize: 2 }),
    canarySteps({ stages: [5, { percent: 40, bakeMs: 200, gate: 'go?' }] }),
    blueGreenSteps({ gate: 'go?', bakeMs: 100 }),
    allAtOnceSteps(),
  );
  const can = fc.record({
    beside: fc.boolean(),
    routed: fc.boolean(),
    staged: fc.boolean(),
    checked: fc.boolean(),
  });
  fc.assert(
    fc.property(
      strategy,
      fc.nat({ max: 12 }),
      can,
      fc.nat({ max: 6 }),
      (strategy, targets, can, minAvailable) => {
        const ids = targetsOf(targets).map((target) => target.id);
        const steps = strategy.steps({ targets: ids, first: false, can: { ...CAN, ...can } });
        const preview = previewPlan(testPlan({ targets, steps, can, policy: { minAvailable } }));
        if (preview.blocked === null) expect(preview.steps).toHaveLength(steps.length);
        const bakes = steps.reduce((sum, step) => sum + (step.kind === 'bake' ? step.durationMs : 0), 0);
        expect(preview.waitsMs).toBeLessThanOrEqual(bakes);
        expect(preview.peakExtraInstances).toBeLessThanOrEqual(can.beside ? targets : 0);
        expect(targets - preview.worstUnavailable).toBeGreaterThanOrEqual(Math.min(minAvailable, targets));
      },
    ),
  );
});
