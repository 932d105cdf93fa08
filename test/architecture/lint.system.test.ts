/** The house rules that `.oxlintrc.json` holds, each shown to catch what it is there for. */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { runProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');

const BREACHES: [file: string, text: string, rule: string][] = [
  ['src/engine/floating.ts', 'Promise.resolve();\n', 'typescript(no-floating-promises)'],
  [
    'src/engine/misused.ts',
    'setTimeout(async () => {\n  await Promise.resolve();\n}, 1);\n',
    'typescript(no-misused-promises)',
  ],
  [
    'src/engine/awaited.ts',
    'export async function f(n: number): Promise<void> {\n  await n;\n}\n',
    'typescript(await-thenable)',
  ],
  [
    'src/domain/missing-case.ts',
    "export function f(x: 'a' | 'b'): void {\n  switch (x) {\n    case 'a':\n  }\n}\n",
    'typescript(switch-exhaustiveness-check)',
  ],
  ['src/engine/default.ts', 'export default 1;\n', 'import(no-default-export)'],
  ['src/engine/printing.ts', "console.log('here');\n", 'eslint(no-console)'],
  ['src/engine/long.ts', `${'// line\n'.repeat(301)}export const a = 1;\n`, 'eslint(max-lines)'],
  [
    'src/engine/long-function.ts',
    `export function f(): void {\n${'  // line\n'.repeat(70)}}\n`,
    'eslint(max-lines-per-function)',
  ],
  ['src/domain/now.ts', 'export const now = Date.now();\n', 'eslint(no-restricted-properties)'],
  ['src/domain/timer.ts', 'setTimeout(() => {}, 1);\n', 'eslint(no-restricted-globals)'],
  [
    'src/strategies/io.ts',
    "import { readFileSync } from 'node:fs';\nreadFileSync('/dev/null');\n",
    'eslint(no-restricted-imports)',
  ],
  ['src/engine/a.ts', "import type { B } from './b.ts';\nexport type A = B[];\n", 'import(no-cycle)'],
  ['src/engine/b.ts', "import type { A } from './a.ts';\nexport type B = A[];\n", 'import(no-cycle)'],
];

const ALLOWED: [file: string, text: string][] = [
  ['src/cli/main.ts', "console.log('here');\n"],
  ['src/domain/digest.ts', "import { createHash } from 'node:crypto';\ncreateHash('sha256');\n"],
  ['src/domain/now.ts', 'export const now = Date.now();\n'],
];

test('each breach of a house rule is found, and nothing else', async () => {
  await using folder = await temporaryFolder();
  await copyFile(join(REPOSITORY, '.oxlintrc.json'), join(folder.path, '.oxlintrc.json'));
  await copyFile(join(REPOSITORY, 'tsconfig.json'), join(folder.path, 'tsconfig.json'));
  await symlink(join(REPOSITORY, 'node_modules'), join(folder.path, 'node_modules'));
  for (const [file, text] of [...BREACHES, ...ALLOWED]) {
    await mkdir(dirname(join(folder.path, file)), { recursive: true });
    await writeFile(join(folder.path, file), text);
  }

  const oxlint = join(REPOSITORY, 'node_modules', '.bin', 'oxlint');
  const { exitCode, stdout } = await runProcess([oxlint, '--format=json', 'src'], { cwd: folder.path });

  expect(exitCode).toBe(1);
  const { diagnostics }: { diagnostics: { filename: string; code: string }[] } = JSON.parse(stdout);
  const found = diagnostics.map(({ filename, code }) => `${filename}: ${code}`);
  expect(found.toSorted()).toEqual(BREACHES.map(([file, , rule]) => `${file}: ${rule}`).toSorted());
});
