import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { padEnd, padStart, spread, truncate, visibleWidth, wrap } from '../../../src/cli/render/text.ts';
import { clean } from '../../../src/words/clean.ts';

const paint = paintFor({ color: true });
const anyText = fc.string({ unit: 'grapheme', maxLength: 40 }).map(clean);

describe('visibleWidth', () => {
  it.each([
    ['', 0],
    ['api.1', 5],
    ['→ ✓ ━ ■ …', 9],
    ['日本語', 6],
    ['한국어', 6],
    ['ｆｕｌｌ', 8],
    ['🚀', 2],
    ['👩‍👩‍👧', 2],
    ['🇨🇭', 2],
    ['❤️', 2],
    ['e\u0301', 1],
    ['\u200b', 0],
    ['ж', 1],
  ])('of %j is %i', (text, width) => {
    expect(visibleWidth(text)).toBe(width);
  });

  it('does not count colours', () => {
    expect(visibleWidth(paint.bad('✗ failed'))).toBe(8);
  });
});

describe('truncate', () => {
  it('leaves what fits alone', () => {
    expect(truncate('api.1', 5)).toBe('api.1');
  });

  it('cuts with an ellipsis', () => {
    expect(truncate('api.1000', 5)).toBe('api.…');
    expect(truncate('api.1000', 5, '...')).toBe('ap...');
  });

  it('never cuts a wide character in half', () => {
    expect(truncate('日本語日本', 6)).toBe('日本…');
  });

  it('ends colours that it cuts', () => {
    expect(truncate(paint.bad('failed'), 4)).toBe('\u001b[31mfai…\u001b[39m');
    expect(truncate(`${paint.good('ab')}${paint.bad('cdef')}`, 4)).toBe(
      '\u001b[32mab\u001b[39m\u001b[31mc…\u001b[39m',
    );
  });

  it('is empty where not even the ellipsis fits', () => {
    expect(truncate('abc', 0)).toBe('');
    expect(truncate('abcdef', 2, '...')).toBe('');
  });

  it('never exceeds the width, painted or not', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.nat(50), (one, two, width) => {
        expect(visibleWidth(truncate(one, width))).toBeLessThanOrEqual(width);
        expect(visibleWidth(truncate(paint.dim(one) + paint.good(two), width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('padding', () => {
  it('fills by columns, not by characters', () => {
    expect(padEnd('日本', 6)).toBe('日本  ');
    expect(padStart(paint.good('ok'), 4)).toBe(`  ${paint.good('ok')}`);
    expect(padEnd('too long', 3)).toBe('too long');
  });
});

describe('spread', () => {
  it('puts one text at each edge', () => {
    expect(spread('left', 'right', 20)).toBe('left           right');
  });

  it('cuts the left one where both do not fit', () => {
    expect(spread('a rather long text', '12 s', 20)).toBe('a rather long…  12 s');
  });

  it('gives up the right one where there is no room for both', () => {
    expect(spread('a rather long text', '12 seconds', 16)).toBe('a rather long t…');
  });

  it('adds no spaces where there is no right one', () => {
    expect(spread('left', '', 20)).toBe('left');
  });
});

describe('wrap', () => {
  it('breaks between words', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
  });

  it('breaks a word that is longer than a line', () => {
    expect(wrap('a abcdefghij k', 4)).toEqual(['a', 'abcd', 'efgh', 'ij k']);
  });

  it('is one empty line for nothing', () => {
    expect(wrap('', 10)).toEqual(['']);
  });

  it('keeps every word and every width', () => {
    const words = fc.array(
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }).map((w) => w.replaceAll(' ', 'x')),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 30 }), (given, width) => {
        const lines = wrap(given.join(' '), width);
        expect(lines.join('').replaceAll(' ', '')).toBe(given.join(''));
        for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('clean', () => {
  it('takes out what could steer a terminal', () => {
    expect(clean('a\u001b[2Jb\u001b]0;title\u0007c\rd\u0008e')).toBe('abcde');
    expect(clean('left\u202eright')).toBe('leftright');
  });

  it('makes one line', () => {
    expect(clean('one\ntwo\r\nthree\tfour')).toBe('one two three  four');
  });

  it('leaves no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        expect(clean(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});
