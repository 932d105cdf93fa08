/** The programs in the documentation compile under our own strict rules, run, and print what is said of them. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProcess } from '../support/run-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { allPages, type Block, blocksOf, REPOSITORY } from './pages.ts';

interface Program extends Block {
  readonly name: string;
  /** What it prints; `null` where the page does not say. */
  readonly prints: string | null;
}

const programs = allPages().flatMap((page) => {
  const blocks = blocksOf(page);
  return blocks.flatMap((block, index): Program[] => {
    if (block.language !== 'ts' || !/from 'sluice/.test(block.text)) return [];
    const name = `${page.replace(/\W/g, '-')}-${block.line}`;
    const next = blocks[index + 1];
    const prints = next?.language === 'text' && isRightBelow(next, block) ? next.text : null;
    return [{ ...block, name, prints }];
  });
});

/** With one empty line in between. */
function isRightBelow(next: Block, { line, text }: Block): boolean {
  return next.line === line + text.split('\n').length + 2;
}

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  const modules = join(folder.path, 'node_modules');
  await mkdir(modules);
  await symlink(REPOSITORY, join(modules, 'sluice'));
  await symlink(join(REPOSITORY, 'node_modules', '@types'), join(modules, '@types'));
  await writeFile(join(folder.path, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const compilerOptions = {
    noEmit: false,
    allowImportingTsExtensions: false,
    declaration: false,
    outDir: 'out',
  };
  const project = { extends: join(REPOSITORY, 'tsconfig.json'), compilerOptions, include: ['*.ts'] };
  await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify(project));
  for (const { name, text } of programs) await writeFile(join(folder.path, `${name}.ts`), text);
});

afterAll(() => folder[Symbol.asyncDispose]());

test('there are some', () => {
  expect(programs.map(({ page }) => page)).toEqual(expect.arrayContaining(['README.md', 'docs/library.md']));
});

test('they compile', async () => {
  const tsc = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout, exitCode } = await runProcess([process.execPath, tsc], { cwd: folder.path });
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
});

test.each(programs.filter(({ mark }) => mark !== 'only compiled'))(
  'the program in $page, line $line, runs',
  async ({ name, prints }) => {
    const { stdout, stderr, exitCode } = await runProcess([process.execPath, join('out', `${name}.js`)], {
      cwd: folder.path,
    });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    if (prints !== null) expect(stdout).toBe(prints);
  },
);
