/** What the page may take from `src/`: pure code of two folders, and types. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const IMPORT = /^import\s+(?<isType>type\s)?[^;]*?from\s+'(?<path>[^']+)';/gm;
/** Code that runs in a browser as well. */
const SHARED = /\/src\/(?:domain|words)\/|\/src\/server\/api\/may\.ts$/;

function violations(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].flatMap(({ groups }) => {
    const { isType, path = '' } = groups ?? {};
    if (!path.includes('/../src/') || isType !== undefined || SHARED.test(path)) return [];
    return [`${file} imports ${path}`];
  });
}

test('the dashboard takes from src/ what is pure, and types', () => {
  const files = readdirSync(join(ROOT, 'dashboard/src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `dashboard/src/${name}`);
  expect(files.length).toBeGreaterThan(30);
  expect(files.flatMap((file) => violations(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
});

test('what takes more is named', () => {
  const text =
    "import type { Plan } from '../../../src/domain/plan.ts';\nimport { Controller } from '../../../src/server/controller/controller.ts';\n";
  expect(violations('a.ts', text)).toEqual(['a.ts imports ../../../src/server/controller/controller.ts']);
});
