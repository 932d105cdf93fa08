import { describe, expect, it } from 'vitest';
import { type OutputSurroundings, paintFor, paintForOutput } from '../../../src/cli/render/paint.ts';

const UTF8 = { LANG: 'en_US.UTF-8', TERM: 'xterm-256color' };

function isColored(surroundings: OutputSurroundings): boolean {
  return paintForOutput(surroundings).bad('x') !== 'x';
}

describe('colour', () => {
  it('is there on a terminal', () => {
    expect(isColored({ isTTY: true, env: UTF8 })).toBe(true);
  });

  it.each([
    ['off a terminal', { isTTY: false, env: UTF8 }],
    ['with NO_COLOR', { isTTY: true, env: { ...UTF8, NO_COLOR: '1' } }],
    ['with --no-color', { isTTY: true, env: UTF8, color: false }],
    ['on a dumb terminal', { isTTY: true, env: { ...UTF8, TERM: 'dumb' } }],
    ['with NO_COLOR and FORCE_COLOR', { isTTY: true, env: { ...UTF8, NO_COLOR: '1', FORCE_COLOR: '1' } }],
    ['with --no-color and FORCE_COLOR', { isTTY: true, env: { ...UTF8, FORCE_COLOR: '1' }, color: false }],
    ['with FORCE_COLOR=0 off a terminal', { isTTY: false, env: { ...UTF8, FORCE_COLOR: '0' } }],
  ])('is not there %s', (_where, surroundings) => {
    expect(isColored(surroundings)).toBe(false);
  });

  it('can be forced', () => {
    expect(isColored({ isTTY: false, env: { ...UTF8, FORCE_COLOR: '1' } })).toBe(true);
  });

  it('is not taken away by an empty NO_COLOR', () => {
    expect(isColored({ isTTY: true, env: { ...UTF8, NO_COLOR: '' } })).toBe(true);
  });
});

describe('symbols', () => {
  it.each([
    [{ LANG: 'C.UTF-8' }, '✓'],
    [{ LC_ALL: 'de_CH.utf8', LANG: 'C' }, '✓'],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, '+'],
    [{}, '+'],
    [{ LANG: 'en_US.UTF-8', TERM: 'linux' }, '+'],
  ])('with %j: %s', (env, done) => {
    expect(paintForOutput({ isTTY: true, env }).symbols.done).toBe(done);
  });

  it('of the plain set are all ASCII', () => {
    const symbols = Object.values(paintFor({ color: false, unicode: false }).symbols).flat();
    expect(symbols.join('')).toMatch(/^[\u0020-\u007e]+$/);
  });
});
