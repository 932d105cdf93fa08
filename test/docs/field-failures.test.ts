/** docs/field-failures.md cannot rot: the tests that it names are there, and it names every scenario. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REPOSITORY, readPage } from './pages.ts';

const PAGE = 'docs/field-failures.md';
const FOLDER = 'test/simulation/field';
const HEAD = '| Elsewhere | Here | Shown by |';
/** A test in a cell: its name, and its file. */
const SHOWN = /\[((?:[^\]`]|`[^`]*`)+)\]\(\.\.\/(test\/[^)]+\.test\.ts)\)/g;
/** A test in a file: its name, as the first argument that is a string. */
const TEST = /^\s*(?:test|it)(?:\.\w+)*\(\s*'((?:[^'\\]|\\.)*)'/gm;
const TEST_OF_EACH = /^\s*(?:test|it)\.each\([^)]*\)+(?: as const\))?\(\s*'((?:[^'\\]|\\.)*)'/gm;

interface Row {
  readonly line: string;
  readonly cells: readonly string[];
}

function rows(): Row[] {
  return readPage(PAGE)
    .split('\n')
    .filter((line) => line.startsWith('| ') && line !== HEAD && !line.startsWith('| ---'))
    .map((line) => ({ line, cells: line.slice(2, -2).split(' | ') }));
}

function testsIn(file: string): string[] {
  const text = readPage(file);
  return [...text.matchAll(TEST), ...text.matchAll(TEST_OF_EACH)].map(([, name = '']) => name);
}

const shown = rows().flatMap(({ line }) =>
  [...line.matchAll(SHOWN)].map(([, name = '', file = '']) => ({ name, file })),
);

describe('each pain', () => {
  test.each(rows())('has a source, an answer and a test: $line', ({ cells }) => {
    const [elsewhere = '', here = '', tests = ''] = cells;
    expect(cells.length).toBe(3);
    expect(/https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(issues|pull)\/\d+/.test(elsewhere)).toBe(true);
    expect(here).not.toBe('');
    expect([...tests.matchAll(SHOWN)]).not.toEqual([]);
    // Nothing but tests stands there, so that none is overlooked.
    expect(tests.replaceAll(SHOWN, '').replaceAll(', ', '')).toBe('');
  });
});

describe('each test that is named', () => {
  test.each(shown)('$name', ({ name, file }) => {
    expect(testsIn(file)).toContain(name);
  });
});

test('each scenario of the folder is named', () => {
  const files = readdirSync(join(REPOSITORY, FOLDER)).filter((file) => file.endsWith('.test.ts'));
  const scenarios = files.flatMap((file) => testsIn(`${FOLDER}/${file}`).map((name) => `${file}: ${name}`));
  const named = new Set(shown.map(({ name, file }) => `${file.slice(FOLDER.length + 1)}: ${name}`));
  expect(scenarios.length).toBeGreaterThan(40);
  expect(scenarios.filter((scenario) => !named.has(scenario))).toEqual([]);
});
