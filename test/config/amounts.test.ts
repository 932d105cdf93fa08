import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { amount, amountProblem } from '../../src/config/amounts.ts';
import { check } from '../../src/config/check.ts';
import { type Amount, tolerated } from '../../src/domain/amount.ts';

test('whole counts and percentages up to 100 % are amounts', () => {
  const percentage = fc
    .oneof(fc.nat(100), fc.constantFrom(0.5, 33.3, 99.999))
    .map((percent) => `${percent}%`);
  fc.assert(
    fc.property(fc.oneof(fc.nat(), percentage), (value) => {
      expect(amountProblem(value)).toBeNull();
      expect(check(amount(), value).value).toBe(value);
    }),
  );
});

test('whatever is accepted can be reckoned with', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^[\d.]{1,5}%?$/)), (value) => {
      if (amountProblem(value) !== null) return;
      const taken = tolerated(value as Amount, 7);
      expect(Number.isInteger(taken) && taken >= 0 && taken <= 7).toBe(true);
    }),
  );
});

test('anything else is refused with the reason', () => {
  expect(amountProblem(-1)).toBe('-1 is less than 0');
  expect(amountProblem(1.5)).toBe('1.5 is not a whole number');
  expect(amountProblem(Number.NaN)).toBe('NaN is not a whole number');
  expect(amountProblem(Number.POSITIVE_INFINITY)).toBe('Infinity is not a whole number');
  expect(amountProblem('101%')).toBe('101% is more than 100%');
  expect(amountProblem(0, 1)).toBe('0 is less than 1');
  expect(amountProblem('0.5%', 1)).toBeNull();
  expect(amountProblem('0%', 1)).toBe('0% is less than 1');
  for (const value of ['2', '25 %', '-1%', '%', '1e1%', 'half']) {
    expect(amountProblem(value)).toBe(
      `${JSON.stringify(value)} is neither a count such as 2 nor a percentage such as 25%`,
    );
  }
  expect(amountProblem([1])).toBe('a list is neither a count such as 2 nor a percentage such as 25%');
  expect(check(amount(), null).problems).toEqual([{ path: [], message: 'has no value', at: 'value' }]);
});
