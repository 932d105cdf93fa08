import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Amount, atMost, capacityFor, shareOf, tolerated } from '../../src/domain/amount.ts';

const total = fc.nat({ max: 10_000 });
const percent = fc.integer({ min: 0, max: 100 });
const amount: fc.Arbitrary<Amount> = fc.oneof(
  fc.nat({ max: 20_000 }),
  percent.map((value): Amount => `${value}%`),
);

describe('atMost', () => {
  test.each<[Amount, number, number]>([
    ['33%', 7, 2],
    ['25%', 4, 1],
    ['10%', 4, 1],
    ['99%', 1, 1],
    ['0%', 5, 1],
    ['100%', 7, 7],
    ['29%', 100, 29],
    [0, 5, 1],
    [3, 7, 3],
    [9, 7, 7],
    [1.9, 7, 1],
    ['50%', 0, 0],
    [5, 0, 0],
  ])('%s of %i is %i', (given, of, expected) => expect(atMost(given, of)).toBe(expected));

  test('takes at least one of anything, and never more than allowed or than there is', () => {
    fc.assert(
      fc.property(amount, total, (given, of) => {
        const taken = atMost(given, of);
        expect(Number.isInteger(taken)).toBe(true);
        expect(taken).toBeGreaterThanOrEqual(Math.min(1, of));
        expect(taken).toBeLessThanOrEqual(of);
        const allowed = typeof given === 'number' ? given : (Number(given.slice(0, -1)) * of) / 100;
        expect(taken).toBeLessThanOrEqual(Math.max(1, allowed));
      }),
    );
  });
});

describe('tolerated', () => {
  test.each<[Amount, number, number]>([
    ['33%', 7, 2],
    ['10%', 4, 0],
    [0, 7, 0],
    [9, 7, 7],
    ['50%', 0, 0],
  ])('%s of %i is %i', (given, of, expected) => expect(tolerated(given, of)).toBe(expected));
});

describe('capacityFor', () => {
  test.each([
    [33, 7, 3],
    [0, 7, 0],
    [1, 7, 1],
    [100, 7, 7],
    [50, 1, 1],
    [50, 0, 0],
  ])('%i %% of %i targets is carried by %i', (share, of, expected) => {
    expect(capacityFor(share, of)).toBe(expected);
  });

  test('nobody carries more than an equal share, and one fewer would', () => {
    fc.assert(
      fc.property(percent, fc.integer({ min: 1, max: 10_000 }), (share, of) => {
        const needed = capacityFor(share, of);
        expect(needed * 100).toBeGreaterThanOrEqual(share * of);
        expect((needed - 1) * 100).toBeLessThan(Math.max(1, share * of));
      }),
    );
  });
});

describe('shareOf', () => {
  test.each([
    [0, 0, 0],
    [0, 5, 0],
    [1, 3, 33],
    [3, 3, 100],
  ])('%i of %i is %i percent', (part, of, expected) => expect(shareOf(part, of)).toBe(expected));

  test('the part can always carry its share', () => {
    fc.assert(
      fc.property(total, total, (part, rest) => {
        expect(capacityFor(shareOf(part, part + rest), part + rest)).toBeLessThanOrEqual(part);
      }),
    );
  });
});
