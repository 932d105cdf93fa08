/** Whatever text there is, a real shell reads it back as it was. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environmentFile } from '../../../src/platforms/ssh/scripts/environment-file.ts';
import { quote, quoteCommand, quotePath } from '../../../src/platforms/ssh/scripts/quote.ts';

/** Whole characters without NUL, and more often than by chance what means something to a shell. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0')),
  fc.string({
    unit: fc.constantFrom(...Array.from(`'"\\$\`(){}[]*?~#!&|;<>\n\r\t -=%äé日😀a0`)),
    maxLength: 40,
  }),
  fc.constantFrom('$(touch pwned)', '`id`', '-n', '--', "'\\''", '\n', '\\\n', '$PATH', '~', '!!', '\\'),
);

const SHELLS: readonly (readonly [string, ...string[]])[] = [['dash'], ['bash'], ['busybox', 'sh']];

function run([program, ...rest]: readonly [string, ...string[]], script: string): string {
  return execFileSync(program, [...rest, '-c', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
    // From a socket bash would think that it was started by a remote login, and read its files.
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('%s', (_name, shell) => {
  test('reads quoted words back', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), (words) => {
        const command = quoteCommand(['printf', '%s\\0', ...words]);
        expect(run(shell, command)).toBe(words.map((word) => `${word}\0`).join(''));
      }),
      { numRuns: 60 },
    );
  });

  test('reads an environment file back', () => {
    const names = fc.stringMatching(/^X[A-Za-z0-9_]{0,8}$/);
    fc.assert(
      fc.property(fc.dictionary(names, hostile, { minKeys: 1 }), (variables) => {
        const entries = Object.entries(variables);
        const script = `eval ${quote(environmentFile(variables))}\nprintf '%s\\0' ${entries.map(([name]) => `"$${name}"`).join(' ')}`;
        expect(run(shell, script)).toBe(entries.map(([, value]) => `${value}\0`).join(''));
      }),
      { numRuns: 60 },
    );
  });
});

test('no command takes a path for an option', () => {
  expect([quotePath('-rf'), quotePath('/srv/apps'), quotePath('a b')]).toEqual([
    './-rf',
    '/srv/apps',
    "'./a b'",
  ]);
});

test.each(['a\0b', '\ud800', 'x\udfff'])('%j is refused', (text) => {
  expect(() => quote(text)).toThrow(/cannot be given to a shell/);
  expect(() => environmentFile({ PASSWORD: text })).toThrow('"PASSWORD" cannot be given to a service');
});

test('a name of a variable that is none is refused', () => {
  expect(() => environmentFile({ 'A;id': 'x' })).toThrow('"A;id" cannot be given to a service');
});
