import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hideNothing, hiding, SHORTEST_SECRET } from '../../src/domain/secret-text.ts';

const TOKEN = 'p4$$"w0rd/+é';

describe('what a service prints of its secrets', () => {
  test.each([
    ['as it is', TOKEN],
    ['as JSON', JSON.stringify({ TOKEN }).slice(10, -2)],
    ['in a URL', encodeURIComponent(TOKEN)],
    ['as base64', Buffer.from(TOKEN).toString('base64')],
    ['as base64 for URLs', Buffer.from(TOKEN).toString('base64url')],
  ])('%s is not shown', (_form, printed) => {
    expect(hiding({ TOKEN })(`a ${printed} b ${printed}`)).toBe('a [TOKEN] b [TOKEN]');
  });

  test('the longer of two that begin alike is taken whole', () => {
    expect(hiding({ A: 'secret', B: 'secret-two' })('secret secret-two')).toBe('[A] [B]');
  });

  test('of several lines, each is not shown', () => {
    expect(hiding({ KEY: 'first line\n  second line\r\n}\n' })('x second line }')).toBe('x [KEY] }');
  });

  test('what is too short to be one stays', () => {
    expect(hiding({ A: 'abc' })).toBe(hideNothing);
    expect(hiding({})).toBe(hideNothing);
  });

  test('what was cut in the middle of one does not show the rest of it', () => {
    const hide = hiding({ TOKEN: 'correct horse' });
    expect(hide('the token is correct ho…')).toBe('the token is [TOKEN]…');
    expect(hide('…rect horse was the token')).toBe('…[TOKEN] was the token');
  });

  test('whatever the value and what is around it, it is not there afterwards', () => {
    const value = fc.string({ unit: 'grapheme', minLength: SHORTEST_SECRET, maxLength: 30 });
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!/[\r\n[\]]/.test(secret) && secret.trim() === secret && !'[TOKEN]'.includes(secret));
        const hidden = hiding({ TOKEN: secret })(`${before}${secret}${after}`);
        expect(hidden).not.toContain(secret);
      }),
    );
  });
});
