import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPath, formatProblem } from '../../src/config/problem.ts';
import { editDistance, hint, listOf, nameOf, nearest, printable } from '../../src/config/words.ts';

describe('editDistance', () => {
  const word = fc.string({ maxLength: 8 });

  test('counts insertions, deletions, replacements and swaps of neighbours', () => {
    expect(editDistance('', '')).toBe(0);
    expect(editDistance('comand', 'command')).toBe(1);
    expect(editDistance('commmand', 'command')).toBe(1);
    expect(editDistance('cemmand', 'command')).toBe(1);
    expect(editDistance('ocmmand', 'command')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('abc', '')).toBe(3);
  });

  test('is 0 for the same word only, the same both ways, and at most the longer word', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });
});

describe('nearest', () => {
  test('finds what was meant, also in another spelling', () => {
    const known = ['command', 'stopTimeout', 'strategy', 'checks'];
    expect(nearest('comand', known)).toBe('command');
    expect(nearest('stop_timeout', known)).toBe('stopTimeout');
    expect(nearest('STRATEGY', known)).toBe('strategy');
    expect(nearest('check', known)).toBe('checks');
    expect(nearest('volume', known)).toBeNull();
    expect(nearest('x', known)).toBeNull();
    expect(nearest('', known)).toBeNull();
  });

  test('a word as long as a book is answered at once', () => {
    expect(nearest('x'.repeat(1_000_000), ['command'])).toBeNull();
  });

  test('hint lists what is known where nothing is near', () => {
    expect(hint('ap', ['api', 'web'])).toBe('did you mean "api"?');
    expect(hint('database', ['api', 'web'])).toBe('known: api, web');
    expect(hint('database', [])).toBe('known: none');
  });
});

describe('values in messages', () => {
  test('are named in few words', () => {
    expect(nameOf('a "b"')).toBe('"a \\"b\\""');
    expect(nameOf('x'.repeat(100))).toBe(`"${'x'.repeat(60)}…"`);
    expect(nameOf([1])).toBe('a list');
    expect(nameOf({})).toBe('a mapping');
    expect(nameOf(() => 1)).toBe('a function');
    expect(nameOf(null)).toBe('null');
    expect(nameOf(1.5)).toBe('1.5');
    expect(nameOf(Symbol('s'))).toBe('Symbol(s)');
    expect(listOf([])).toBe('');
    expect(listOf(['a'])).toBe('a');
    expect(listOf(['a', 'b', 'c'])).toBe('a, b or c');
  });

  test('cannot garble a terminal', () => {
    const anyCharacter = fc.integer({ min: 0, max: 0x10_ff_ff }).map((code) => String.fromCodePoint(code));
    expect(printable('\u001b[31mred\u0007\n\u202e\u009b')).toBe('\\u001b[31mred\\u0007\\u000a\\u202e\\u009b');
    expect(printable('äöü 😀 -_"')).toBe('äöü 😀 -_"');
    fc.assert(
      fc.property(anyCharacter, (character) => {
        expect(printable(character)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('problems', () => {
  test('paths read like code', () => {
    expect(formatPath([])).toBe('');
    expect(formatPath(['services', 'api', 'strategy', 'stages', 1, 'percent'])).toBe(
      'services.api.strategy.stages[1].percent',
    );
    expect(formatPath(['services', 'api.v2', 'env', 'MY-VAR'])).toBe('services["api.v2"].env.MY-VAR');
    expect(formatPath(['my "api"'])).toBe('["my \\"api\\""]');
    expect(formatPath(['x'.repeat(101), ' '])).toBe(`["${'x'.repeat(60)}…"][" "]`);
  });

  test('lines say where and what, as far as it is known', () => {
    const at = { line: 7, column: 15 };
    expect(formatProblem('c.yaml', at, ['port'], '0 is less than 1')).toBe(
      'c.yaml:7:15 port: 0 is less than 1',
    );
    expect(formatProblem('c.yaml', at, [], 'is empty')).toBe('c.yaml:7:15: is empty');
    expect(formatProblem('c.ts', null, ['port'], 'is missing')).toBe('c.ts port: is missing');
    expect(formatProblem('c.ts', null, [], 'is empty')).toBe('c.ts: is empty');
    expect(formatProblem('c\n.ts', null, ['\u001b'], 'x')).toBe('c\\u000a.ts ["\\u001b"]: x');
  });
});
