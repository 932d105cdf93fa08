import { describe, expect, test } from 'vitest';
import { Random } from '../../src/testing/simulation/random.ts';

describe('Random', () => {
  test('gives the same for the same seed, and something else for another', () => {
    const draw = (seed: number | string) => new Random(seed).times.call(new Random(seed), 5, () => 0).length;
    expect(draw(1)).toBe(5);
    const of = (seed: number | string) => {
      const random = new Random(seed);
      return random.times(5, () => random.next());
    };
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(of('1')).toEqual(of(1));
  });

  test('a fork does not depend on what was drawn before', () => {
    const random = new Random(7);
    const before = random.fork('wire').next();
    random.next();
    expect(random.fork('wire').next()).toBe(before);
    expect(random.fork('other').next()).not.toBe(before);
  });

  test('is spread over its range', () => {
    const random = new Random(3);
    const counts = [0, 0, 0, 0];
    for (const value of random.times(4_000, () => random.int(1, 4))) counts[value - 1]! += 1;
    for (const count of counts) expect(count).toBeGreaterThan(850);
    const heads = random.times(4_000, () => random.chance(0.25)).filter(Boolean).length;
    expect(heads / 4_000).toBeCloseTo(0.25, 1);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
