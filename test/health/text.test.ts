import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { excerpt, hasText, inWords, oneLine } from '../../src/health/text.ts';

test('an excerpt is quoted, on one line, and short', () => {
  expect(excerpt(' starting\n\tup ')).toBe('"starting up"');
  expect(excerpt('\u001b[2Jgone\u0007\u202e')).toBe('"[2Jgone"');
  expect(excerpt('x'.repeat(201))).toBe(`"${'x'.repeat(200)}…"`);
  expect(excerpt(`${'x'.repeat(200)}end`, 'end')).toBe(`"…${'x'.repeat(197)}end"`);
});

test('whatever comes in, one short line goes out, and cutting never splits a character', () => {
  const unit = fc.constantFrom('a', ' ', '\n', '\r', '\0', '\u001b', '\u202e', 'é', '😀', '界');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), fc.constantFrom('start', 'end'), (text, keep) => {
      const line = oneLine(text, 20, keep);
      expect(line).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      expect(Array.from(line).length).toBeLessThanOrEqual(21);
    }),
  );
});

test('text has a string, or matches an expression, each time it is asked', () => {
  expect(hasText('all ok', 'ok')).toBe(true);
  expect(hasText('all ok', 'OK')).toBe(false);
  const global = /ok/gi;
  expect([hasText('all OK', global), hasText('all OK', global), hasText('bad', global)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([inWords('ok'), inWords(/ok/i)]).toEqual(['"ok"', '/ok/i']);
});
