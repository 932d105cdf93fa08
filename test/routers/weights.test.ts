import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { weightsFor } from '../../src/routers/weights.ts';

const OLD = { release: 'old' };
const NEW = { release: 'new' };

function fleet(named: number, others: number) {
  return [...Array.from({ length: others }, () => OLD), ...Array.from({ length: named }, () => NEW)];
}

/** Percent of all requests that the new release gets. */
function shareOf(named: number, others: number, percent: number, heaviest: number): number {
  const weights = weightsFor(fleet(named, others), { release: 'new', percent }, heaviest);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return (100 * weights.slice(others).reduce((total, weight) => total + weight, 0)) / sum;
}

describe('weightsFor', () => {
  test('divides as a rollout does', () => {
    const weights = (percent: number) => weightsFor(fleet(1, 3), { release: 'new', percent }, 256);
    expect(weights(10)).toEqual([3, 3, 3, 1]);
    expect(weights(25)).toEqual([1, 1, 1, 1]);
    expect(weights(50)).toEqual([1, 1, 1, 3]);
    expect(weights(0)).toEqual([1, 1, 1, 0]);
    expect(weights(100)).toEqual([0, 0, 0, 1]);
  });

  test('without a split, or with one side only, all are equal', () => {
    expect(weightsFor(fleet(2, 1), null, 256)).toEqual([1, 1, 1]);
    expect(weightsFor(fleet(2, 0), { release: 'new', percent: 0 }, 256)).toEqual([1, 1]);
    expect(weightsFor(fleet(0, 2), { release: 'new', percent: 100 }, 256)).toEqual([1, 1]);
    expect(weightsFor([], { release: 'new', percent: 50 }, 256)).toEqual([]);
  });

  test('leaves the last of a side out where the weights do not reach', () => {
    expect(weightsFor(fleet(4, 1), { release: 'new', percent: 1 }, 256)).toEqual([198, 1, 1, 0, 0]);
    expect(weightsFor(fleet(1, 4), { release: 'new', percent: 99 }, 256)).toEqual([1, 1, 0, 0, 198]);
  });

  test('a share is off by less than half a percent, and every weight is within its bounds', () => {
    const count = fc.integer({ min: 1, max: 2_000 });
    const percent = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true }));
    fc.assert(
      fc.property(count, count, percent, (named, others, wanted) => {
        const weights = weightsFor(fleet(named, others), { release: 'new', percent: wanted }, 256);
        expect(weights.every((weight) => Number.isInteger(weight) && weight >= 0 && weight <= 256)).toBe(
          true,
        );
        expect(Math.abs(shareOf(named, others, wanted, 256) - wanted)).toBeLessThan(0.5);
      }),
    );
  });

  test('all that serve of one side have the same weight', () => {
    const count = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(count, count, fc.integer({ min: 1, max: 99 }), (named, others, percent) => {
        const weights = weightsFor(fleet(named, others), { release: 'new', percent }, 256);
        for (const side of [weights.slice(0, others), weights.slice(others)]) {
          expect(new Set(side.filter((weight) => weight > 0)).size).toBe(1);
        }
      }),
    );
  });
});
