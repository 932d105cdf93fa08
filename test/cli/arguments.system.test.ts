/** Whatever is typed behind `sluice`: an answer or one clear error, never a stack trace, and nothing is touched. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENT, SLUICE } from '../e2e/hello-project.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const VERBS = [
  'plan',
  'apply',
  'status',
  'history',
  'show',
  'watch',
  'logs',
  'pause',
  'abort',
  'rollback',
  'config',
  'completion',
];
const AT_ONCE = 4;

const word = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '-',
    '--',
    '---',
    '-x',
    '-n',
    '--limit',
    '--env',
    '--json',
    '--json=1',
    '--no-color',
    '-c',
    '--all',
    '-f',
  ),
  fc.constantFrom(
    '-1',
    '0',
    '99999999999999999999',
    '1e9',
    'NaN',
    '../../etc',
    '/etc/passwd',
    '__proto__',
    'constructor',
    'api-1',
  ),
  fc.constantFrom(
    'é',
    '\u202e',
    '\u001b[2J',
    '\n',
    "'; --",
    '$(id)',
    '*',
    '👩‍🚀',
    'x'.repeat(50_000),
    '--env=__proto__',
    '@file',
  ),
  fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => text.replaceAll('\0', '')),
);
const line = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...VERBS) }, { weight: 1, arbitrary: word }),
  fc.array(word, { maxLength: 4 }),
);

/** Everything in the folder, but the journal that every command opens. */
async function filesIn(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true });
  return all
    .filter((path) => !/^\.sluice(?:\/(?:journal\.db(?:-wal|-shm)?|config\.json|local))?$/.test(path))
    .toSorted();
}

describe('any arguments', () => {
  test('are understood, or refused in a few lines with exit code 2', async () => {
    await using folder = await temporaryFolder();
    await writeFile(
      join(folder.path, 'sluice.config.yaml'),
      'services: { api: { command: node x, port: 1 } }\n',
    );
    await mkdir(join(folder.path, 'empty'));
    const before = await filesIn(folder.path);
    const lines = fc.sample(line, { numRuns: 40, seed: 20_261_123 }).map(([verb, rest]) => [verb, ...rest]);
    const codes = new Map<number | null, number>();
    const ask = async (args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await runProcess([...SLUICE, ...args], {
        cwd: folder.path,
        env: { ...ENVIRONMENT, COLUMNS: '80' },
        timeoutMs: 20_000,
      });
      const told = {
        args: args.map((arg) => arg.slice(0, 80)),
        exitCode,
        stdout: stdout.slice(0, 2_000),
        stderr,
      };
      codes.set(exitCode, (codes.get(exitCode) ?? 0) + 1);
      // 9: status says that nothing runs.
      if (![0, 2, 9].includes(exitCode ?? -1)) expect(told).toBe('an exit code of 0, 2 or 9');
      if (/\n\s+at |node:internal|Error:/.test(stdout + stderr)) expect(told).toBe('no stack trace');
      if (/[^\P{Cc}\n]|[\p{Cf}]/u.test(stdout + stderr)) expect(told).toBe('nothing that steers a terminal');
      if (exitCode === 2 && !stdout.includes('"error"') && !stderr.startsWith('Usage:')) {
        if (!/^✗ [^\n]+\n(?: {2}[^\n]+\n){1,3}$/.test(stderr)) expect(told).toBe('one line, and what to do');
        expect(stderr.length).toBeLessThan(1_000);
      }
    };
    for (let first = 0; first < lines.length; first += AT_ONCE) {
      await Promise.all(lines.slice(first, first + AT_ONCE).map(ask));
    }
    expect(await filesIn(folder.path)).toEqual(before);
    expect(codes.get(2)).toBeGreaterThan(10);
    expect(codes.get(0)).toBeGreaterThan(2);
  });
});
