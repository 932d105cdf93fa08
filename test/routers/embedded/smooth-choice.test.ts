import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rotation, SmoothShares } from '../../../src/routers/embedded/smooth-choice.ts';

describe('SmoothShares', () => {
  test('spreads the choices as evenly as can be', () => {
    const shares = new SmoothShares([5, 1, 1]);
    expect(Array.from({ length: 7 }, () => shares.next())).toEqual([0, 0, 1, 0, 2, 0, 0]);
  });

  test('whatever the percentage, any 100 choices in a row have it, to within 1', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: 0, max: 1_000 }),
        (percent, before) => {
          const shares = new SmoothShares([percent, 100 - percent]);
          for (let i = 0; i < before; i++) shares.next();
          let first = 0;
          for (let i = 0; i < 100; i++) if (shares.next() === 0) first += 1;
          expect(Math.abs(first - percent)).toBeLessThan(1.000_001);
        },
      ),
    );
  });

  test('a whole percentage is exact over any 100 choices in a row', () => {
    for (let percent = 0; percent <= 100; percent++) {
      const shares = new SmoothShares([percent, 100 - percent]);
      const choices = Array.from({ length: 300 }, () => shares.next());
      const counts = Array.from({ length: 201 }, (_, from) => {
        return choices.slice(from, from + 100).filter((side) => side === 0).length;
      });
      expect(new Set(counts)).toEqual(new Set([percent]));
    }
  });

  test('over as many choices as the shares sum up to, each side has exactly its share', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), (given) => {
        fc.pre(given.some((share) => share > 0));
        const shares = new SmoothShares(given);
        const counts = given.map(() => 0);
        const total = given.reduce((sum, share) => sum + share, 0);
        for (let i = 0; i < total; i++) counts[shares.next()]! += 1;
        expect(counts).toEqual(given);
      }),
    );
  });
});

describe('Rotation', () => {
  test('takes each in turn', () => {
    const rotation = new Rotation(['a', 'b', 'c']);
    expect(Array.from({ length: 7 }, () => rotation.next(() => true)).join('')).toBe('abcabca');
  });

  test('passes over what does not fit, and says when nothing does', () => {
    const rotation = new Rotation(['a', 'b', 'c']);
    expect(Array.from({ length: 4 }, () => rotation.next((item) => item !== 'b')).join('')).toBe('acac');
    expect(rotation.next(() => false)).toBeNull();
    expect(new Rotation([]).next(() => true)).toBeNull();
  });

  test('gives each that always fits its equal share, give or take one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(200), (count, choices) => {
        const counts = Array.from({ length: count }, () => 0);
        const rotation = new Rotation(counts.map((_, index) => index));
        for (let i = 0; i < choices; i++) counts[rotation.next(() => true)!]! += 1;
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
