/** Names of services, environments and versions are parts of paths and of commands, whatever is typed. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertName, assertTargetId, assertVersion } from '../../src/domain/names.ts';
import { releaseId } from '../../src/domain/release.ts';
import { InvalidInputError } from '../../src/errors.ts';
import { targetFileName } from '../../src/supervisor/protocol.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const piece = fc.constantFrom(
  'a',
  'Z',
  '0',
  '.',
  '..',
  '-',
  '_',
  '+',
  '/',
  '\\',
  '~',
  '$',
  '`',
  ' ',
  '\n',
  '\0',
  '*',
  'é',
  '\u202e',
  '%2e',
);
const anyText = fc.oneof(
  fc.string({ maxLength: 140 }),
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.stringMatching(/^[a-zA-Z0-9._+-]{1,140}$/),
  fc.constantFrom(
    '.',
    '..',
    '...',
    '-',
    '--help',
    '.git',
    '.targets',
    '.new-1',
    '~',
    'CON',
    '__proto__',
    'a..b',
    'a'.repeat(64),
    'a'.repeat(129),
  ),
);

function passes(assert: () => void): boolean {
  try {
    assert();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError);
    const { message, remedy } = error as InvalidInputError;
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(1_000);
    expect(remedy).toMatch(/^Use 1 to /);
    return false;
  }
}

const KINDS = [
  ['a name', (text: string) => assertName('service', text)],
  ['a version', assertVersion],
] as const;

describe.each(KINDS)('%s', (_what, assert) => {
  test('is refused, or is one part of a path, directly below where it is put, and not hidden', () => {
    let passed = 0;
    fc.assert(
      fc.property(anyText, (text) => {
        if (!passes(() => assert(text))) return;
        passed += 1;
        for (const part of [text, releaseId(text, 'f'.repeat(64)), `${text}-17`]) {
          expect(dirname(join('/state', part))).toBe('/state');
          expect(basename(part)).toBe(part);
          expect(normalize(part)).toBe(part);
          expect(part).toMatch(/^[a-zA-Z0-9][\w.+-]*$/);
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(160);
        }
      }),
      { numRuns: 600 },
    );
    expect(passed).toBeGreaterThan(20);
  });

  test('is one word to a shell, and comes back from a folder as it was', async () => {
    const words = fc.sample(anyText, { numRuns: 400, seed: 7 }).filter((text) => passes(() => assert(text)));
    const folder = await temporaryFolder();
    const unique = [...new Map(words.map((word) => [word.toLowerCase(), word])).values()];
    const printed = execFileSync('/bin/sh', ['-c', `cd ${folder.path}; printf '%s\\n' ${unique.join(' ')}`]);
    expect(printed.toString('utf8')).toBe(`${unique.join('\n')}\n`);
    await Promise.all(unique.map((word) => mkdir(join(folder.path, word))));
    expect((await readdir(folder.path)).toSorted()).toEqual(unique.toSorted());
    await folder[Symbol.asyncDispose]();
  });
});

describe('the id of a target, which may be any word of its owner', () => {
  test('is refused, or has a file name that is safe, its own, and short', async () => {
    const byFile = new Map<string, string>();
    const folder = await temporaryFolder();
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme', maxLength: 300 })), (id) => {
        try {
          assertTargetId(id);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
          return;
        }
        const file = targetFileName(id);
        expect(file).toMatch(/^[a-zA-Z0-9~-][a-zA-Z0-9._~-]{0,63}$/);
        expect(dirname(join('/state', file))).toBe('/state');
        expect(byFile.get(file) ?? id).toBe(id);
        byFile.set(file, id);
      }),
      { numRuns: 400 },
    );
    const [first = ''] = byFile.keys();
    await writeFile(join(folder.path, first), '');
    expect(await readdir(folder.path)).toEqual([first]);
    await folder[Symbol.asyncDispose]();
  });
});
