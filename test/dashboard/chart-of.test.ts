import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chartOf } from '../../dashboard/src/plan/chart-of.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { StepPreview } from '../../src/domain/preview.ts';

function planOf(targets: number, minAvailable: number): Plan {
  const list = Array.from({ length: targets }, (_, index) => ({ id: `api.${index}`, from: 'api-1' }));
  return { targets: list, policy: { minAvailable } } as unknown as Plan;
}

function stepOf(minServing: number, percent: number | null, waitsMs = 0): StepPreview {
  return { step: { kind: 'verify' }, extraInstances: 0, minServing, percent, rollback: [], waitsMs };
}

test('a step that waits is wider, and what it shows is a share of all', () => {
  const steps = [stepOf(4, null), stepOf(3, 50, 60_000), stepOf(4, 100), stepOf(4, 100), stepOf(9, null)];
  expect(chartOf(planOf(4, 3), { steps })).toEqual({
    columns: [
      { step: 1, from: 0, to: 0.125, serving: 1, traffic: 0 },
      { step: 2, from: 0.125, to: 0.625, serving: 0.75, traffic: 0.5 },
      { step: 3, from: 0.625, to: 0.75, serving: 1, traffic: 1 },
      { step: 4, from: 0.75, to: 0.875, serving: 1, traffic: 1 },
      { step: 5, from: 0.875, to: 1, serving: 1, traffic: 1 },
    ],
    least: 0.75,
  });
});

test('the columns stand side by side, and fill the width', () => {
  const step = fc
    .tuple(fc.nat(10), fc.option(fc.nat(100)), fc.nat(1e8))
    .map(([serving, percent, waitsMs]) => stepOf(serving, percent, waitsMs));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const { columns } = chartOf(planOf(10, 5), { steps });
      expect(columns[0]?.from).toBe(0);
      expect(columns.at(-1)?.to).toBe(1);
      for (const [index, { from, to }] of columns.entries()) {
        expect(to).toBeGreaterThan(from);
        if (index > 0) expect(from).toBe(columns[index - 1]?.to);
      }
    }),
  );
});
