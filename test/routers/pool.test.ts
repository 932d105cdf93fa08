import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_POOL, interleaved, withBackend, withoutBackend } from '../../src/routers/pool.ts';

const at = (target: string, release: string, port: number) => ({
  target,
  release,
  address: { host: '127.0.0.1', port },
});

test('what moves leaves its old address, what comes back is leaving no more', () => {
  const split = { release: '2', percent: 5 };
  const there = withBackend(withBackend(EMPTY_POOL, at('b', '1', 2), null), at('a', '1', 1), split);
  expect(there).toEqual({ members: [at('a', '1', 1), at('b', '1', 2)], leaving: [], split });
  const moved = withBackend(there, at('a', '1', 3), split);
  expect(moved).toEqual({ members: [at('a', '1', 3), at('b', '1', 2)], leaving: [at('a', '1', 1)], split });
  expect(withBackend(moved, at('a', '1', 1), split)).toEqual({ ...there, leaving: [at('a', '1', 3)] });
  const out = withoutBackend(there, 'b', '1');
  expect(out).toEqual({ members: [at('a', '1', 1)], leaving: [at('b', '1', 2)], split });
  expect(withoutBackend(out, 'b', '1')).toEqual(out);
});

test('each gets its weight in a round, and the rounds are even', () => {
  expect(interleaved(['a', 'b'], [3, 1])).toEqual(['a', 'a', 'b', 'a']);
  expect(interleaved([], [])).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }), (weights) => {
      const names = weights.map((_, i) => i);
      const round = interleaved(names, weights);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [i, weight] of weights.entries()) {
        expect(round.filter((name) => name === i)).toHaveLength(weight);
        // At no place of the round is it further from its share than one round of all.
        let got = 0;
        for (const [place, name] of round.entries()) {
          if (name === i) got += 1;
          expect(Math.abs(got - ((place + 1) * weight) / total)).toBeLessThan(weights.length);
        }
      }
    }),
  );
});
