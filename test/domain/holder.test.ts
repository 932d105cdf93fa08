import { describe, expect, test } from 'vitest';
import { formatHolder, holderInWords, parseHolder } from '../../src/domain/holder.ts';

const PARTS = { who: 'ann@laptop', pid: 4711, space: '0123abcd', start: '89abcdef', unique: 'c0ffee' };

describe('the name of a holder', () => {
  test('is read back as it was written', () => {
    expect(formatHolder(PARTS)).toBe('ann@laptop pid 4711 0123abcd89abcdefc0ffee');
    expect(parseHolder(formatHolder(PARTS))).toEqual(PARTS);
    const strange = { ...PARTS, who: 'a pid 1 b@c d' };
    expect(parseHolder(formatHolder(strange))).toEqual(strange);
  });

  test('is shown to people without its mark', () => {
    expect(holderInWords(formatHolder(PARTS))).toBe('ann@laptop pid 4711');
  });

  test.each(['', 'deploy-bot', 'ann@laptop pid 4711', 'ann@laptop pid 4711 3f9a1c'])(
    'of another making (%j) says nothing, and is shown as it is',
    (name) => {
      expect(parseHolder(name)).toBeNull();
      expect(holderInWords(name)).toBe(name);
    },
  );
});
