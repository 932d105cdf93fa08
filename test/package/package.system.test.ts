/** The package as its users get it: packed, installed in an empty folder, type-checked and run there. */
import { copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type ProcessOptions, runProcess } from '../support/run-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const INSTALL_TIMEOUT_MS = 120_000;

let folder: TemporaryFolder;
/** The packed package. */
let tarball: string;
/** Paths in it. */
let packed: string[];
/** A project that has it installed. */
let project: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  project = join(folder.path, 'project');
  const pack = ['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder.path];
  const [{ filename, files }]: [{ filename: string; files: { path: string }[] }] = JSON.parse(
    await succeed(pack, { cwd: REPOSITORY }),
  );
  tarball = join(folder.path, filename);
  packed = files.map((file) => file.path);
  await install();
}, INSTALL_TIMEOUT_MS);

afterAll(() => folder[Symbol.asyncDispose]());

/**
 * Installs the tarball as a user would, but for one thing: better-sqlite3 would be compiled for more than a
 * minute where no built binary of it can be had, so its install script is left out, and the binary that the
 * repository's own install made, of the same version, is put where the script would have.
 */
async function install(): Promise<void> {
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await succeed(['npm', 'install', '--ignore-scripts', '--prefer-offline', tarball], {
    cwd: project,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  const sqlite = join('node_modules', 'better-sqlite3');
  expect(await versionOf(join(project, sqlite))).toBe(await versionOf(join(REPOSITORY, sqlite)));
  const release = join(sqlite, 'build', 'Release');
  await mkdir(join(project, release), { recursive: true });
  await copyFile(
    join(REPOSITORY, release, 'better_sqlite3.node'),
    join(project, release, 'better_sqlite3.node'),
  );
}

test('holds the compiled sources, the dashboard and nothing else', async () => {
  const sources = (await readdir(join(REPOSITORY, 'src'), { recursive: true })).filter((file) =>
    file.endsWith('.ts'),
  );
  const compiled = sources.flatMap((file) => {
    const stem = `dist/${file.slice(0, -'.ts'.length)}`;
    return [`${stem}.js`, `${stem}.d.ts`];
  });
  const built = await readdir(join(REPOSITORY, 'dist/dashboard'), { recursive: true, withFileTypes: true });
  const dashboard = built
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(REPOSITORY, join(parentPath, name)));
  expect(dashboard).toContain('dist/dashboard/index.html');
  const all = ['LICENSE', 'README.md', 'package.json', ...compiled, ...dashboard];
  expect(packed.toSorted()).toEqual(all.toSorted());
});

test('is what package managers, bundlers and TypeScript expect (publint)', async () => {
  const { buffer } = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test('has the library, and the parts for tests of one’s own', async () => {
  const script = `
    const names = async (entry) => Object.keys(await import(entry));
    console.log(JSON.stringify([await names('sluice'), await names('sluice/testing')]));
  `;
  const printed = await succeed([process.execPath, '--input-type=module', '-e', script], { cwd: project });
  const [library, testing] = JSON.parse(printed);
  expect(library).toEqual(expect.arrayContaining(['DeploymentManager', 'DeploymentOrchestrator']));
  expect(testing).not.toEqual([]);
});

test('has the command', async () => {
  const { version } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8'));
  const printed = await succeed([join(project, 'node_modules', '.bin', 'sluice'), '--version'], {
    cwd: project,
  });
  expect(printed).toBe(`${version}\n`);
});

test('a plain Node project, elsewhere: npx sluice init, then npx sluice deploy', async () => {
  const shop = join(folder.path, 'shop');
  await cp(join(project, 'node_modules'), join(shop, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  const server = `require('node:http').createServer((_, response) => response.end('a shop')).listen(process.env.PORT);`;
  await writeFile(join(shop, 'server.js'), server);
  const manifest = { name: 'shop', version: '1.2.3', scripts: { start: 'node server.js' } };
  await writeFile(join(shop, 'package.json'), JSON.stringify(manifest));
  const npx = (...words: string[]) =>
    succeed(['npx', 'sluice', ...words], {
      cwd: shop,
      env: { LC_ALL: 'C.UTF-8', FORCE_COLOR: undefined },
      timeoutMs: INSTALL_TIMEOUT_MS,
    });

  expect(await npx('init')).toContain('Wrote sluice.config.yaml for the service shop.');
  const config = join(shop, 'sluice.config.yaml');
  const port = await freePort();
  await writeFile(config, (await readFile(config, 'utf8')).replace('port: 8080', `port: ${port}`));
  try {
    expect(await npx('deploy')).toContain('✓ shop 1.2.3 is live in local');
    expect(await (await fetch(`http://localhost:${port}/`)).text()).toBe('a shop');
  } finally {
    expect(await npx('stop', '--all')).toMatch(/^Stopped shop\./);
  }
});

test('a ten-line TypeScript program that uses it compiles under the strictest rules, and runs', async () => {
  await copyFile(join(import.meta.dirname, 'program.ts.txt'), join(project, 'program.ts'));
  await mkdir(join(project, 'node_modules', '@types'));
  await symlink(
    join(REPOSITORY, 'node_modules', '@types', 'node'),
    join(project, 'node_modules', '@types', 'node'),
  );
  const tsc = [process.execPath, join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc')];
  // `skipLibCheck` off: our declarations must hold by themselves, without our development dependencies.
  const options = '--strict --exactOptionalPropertyTypes --skipLibCheck false --types node'.split(' ');
  const target = '--target es2023 --module nodenext --ignoreConfig program.ts'.split(' ');
  await succeed([...tsc, ...options, ...target], { cwd: project });

  expect(await succeed([process.execPath, 'program.js'], { cwd: project })).toBe(
    "true [ '2.0.0', '2.0.0' ] completed\n",
  );
});

/** Runs a program that must succeed, and returns what it printed. */
async function succeed(argv: readonly string[], options: ProcessOptions): Promise<string> {
  const { stdout, stderr, exitCode, signal } = await runProcess(argv, options);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${exitCode ?? signal}\n${stdout}\n${stderr}`);
  return stdout;
}

async function versionOf(packageFolder: string): Promise<string> {
  return JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')).version;
}
