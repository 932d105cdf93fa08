import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PersistentArray } from '../../src/domain/persistent-array.ts';

describe('PersistentArray', () => {
  test('is like an array that is copied at each edit', () => {
    const edits = fc.array(fc.array(fc.tuple(fc.nat({ max: 699 }), fc.nat()), { maxLength: 5 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.integer({ min: 700, max: 900 }), edits, (length, groups) => {
        let plain = Array.from({ length }, (_, index) => index);
        let array = PersistentArray.from(plain);
        for (const group of groups) {
          const before = { array, plain: [...plain] };
          plain = [...plain];
          for (const [index, value] of group) plain[index] = value;
          array = array.with(new Map(group));
          expect([...before.array]).toEqual(before.plain);
        }
        expect([...array]).toEqual(plain);
        expect(array.length).toBe(length);
        expect(array.get(length - 1)).toBe(plain[length - 1]);
      }),
      { numRuns: 30 },
    );
  });

  test('has nothing outside', () => {
    const array = PersistentArray.from(['a']);
    for (const index of [-1, 1, 256]) expect(() => array.get(index), String(index)).toThrow(RangeError);
    expect([...PersistentArray.from([])]).toEqual([]);
  });
});
