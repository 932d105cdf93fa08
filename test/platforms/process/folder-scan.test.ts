import { once } from 'node:events';
import { chmod, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestFolder, scanFolder } from '../../../src/platforms/process/folder-scan.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fill, type Tree } from './folders.ts';

async function digestOf(tree: Tree, ignore: readonly string[] = []): Promise<string> {
  await using folder = await temporaryFolder();
  return await digestFolder(await fill(join(folder.path, 'app'), tree), ignore);
}

const APP: Tree = {
  'server.js': 'listen()',
  'bin/start': { executable: '#!/bin/sh' },
  'node_modules/.bin/tool': { link: '../tool/index.js' },
  'node_modules/tool/index.js': 'tool',
  empty: null,
};

describe('the digest', () => {
  test('is the same for the same content elsewhere, at another time, made in another order', async () => {
    const reversed = Object.fromEntries(Object.entries(APP).toReversed());
    expect(await digestOf(reversed)).toBe(await digestOf(APP));
    await using folder = await temporaryFolder();
    await fill(folder.path, APP);
    await utimes(join(folder.path, 'server.js'), 1, 1);
    await chmod(join(folder.path, 'server.js'), 0o600);
    expect(await digestFolder(folder.path)).toBe(await digestOf(APP));
  });

  test('stays what it is from release to release of Sluice', async () => {
    expect(await digestOf({ 'a.txt': 'a', b: { executable: 'b' }, c: { link: 'a.txt' }, d: null })).toBe(
      'd4c273a2d7fa44582a9ce875ddae4dd9efcc73c03b2140e446d2e62f844ecccf',
    );
  });

  const { 'server.js': _, ...withoutServer } = APP;
  test.each<[string, Tree]>([
    ['content', { ...APP, 'server.js': 'listen(1)' }],
    ['a file more', { ...APP, 'more.js': '' }],
    ['a file less', withoutServer],
    ['a name', { ...withoutServer, 'main.js': 'listen()' }],
    ['the executable bit', { ...APP, 'server.js': { executable: 'listen()' } }],
    ['a link in place of a file', { ...APP, 'server.js': { link: 'bin/start' } }],
    ['where a link points', { ...APP, 'node_modules/.bin/tool': { link: '../tool' } }],
    ['an empty folder', { ...APP, 'more-empty': null }],
    ['node_modules', { ...APP, 'node_modules/tool/index.js': 'TOOL' }],
  ])('is another with another %s', async (_what, tree) => {
    expect(await digestOf(tree)).not.toBe(await digestOf(APP));
  });

  test('of a large file is of all of it', async () => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    expect(await digestOf({ a: `${large}a` })).not.toBe(await digestOf({ a: `${large}b` }));
  });

  test('of any two folders is the same only if they are', async () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'a\n', ' ', 'ä', '"');
    const tree = fc.dictionary(name, fc.constantFrom('', 'a', 'b', 'ab'), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(tree, tree, async (one, other) => {
        const same = isDeepStrictEqual(one, other);
        expect((await digestOf(one)) === (await digestOf(other))).toBe(same);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what is left out', () => {
  const extra: Tree = {
    '.git/HEAD': 'ref',
    '.sluice/journal.db': 'x',
    'lib/.git/HEAD': 'ref',
    'lib/keep.js': 'keep',
  };

  test('.git and .sluice always are, wherever they are', async () => {
    expect(await digestOf({ ...APP, ...extra })).toBe(await digestOf({ ...APP, 'lib/keep.js': 'keep' }));
  });

  test.each([
    ['a name', ['tmp']],
    ['a name with a slash behind it', ['tmp/']],
  ])('%s, wherever it is', async (_what, ignore) => {
    const tree = { ...APP, 'tmp/a': 'a', 'lib/tmp': 'b', 'lib/x.js': 'x' };
    expect(await digestOf(tree, ignore)).toBe(await digestOf({ ...APP, 'lib/x.js': 'x' }));
  });

  test.each([['lib/tmp'], ['/lib/tmp'], ['./lib/tmp/']])('the path %s, and only there', async (path) => {
    const tree = { ...APP, 'lib/tmp/a': 'a', 'tmp/a': 'b', lib: null };
    expect(await digestOf(tree, [path])).toBe(await digestOf({ ...APP, 'tmp/a': 'b', lib: null }));
  });

  test('a name at the top only', async () => {
    const tree = { ...APP, '.env': 'a', 'lib/.env': 'b' };
    expect(await digestOf(tree, ['/.env'])).toBe(await digestOf({ ...APP, 'lib/.env': 'b' }));
  });
});

describe('what cannot be part of a release', () => {
  test.each([
    ['out of the folder', '../outside'],
    ['out of the folder, in a roundabout way', 'here/../../outside'],
    ['to an absolute path', '/etc/passwd'],
    ['out of the folder through another link', 'here/../etc'],
  ])('a link that points %s', async (_what, link) => {
    await using folder = await temporaryFolder();
    const app = await fill(join(folder.path, 'app'), { here: { link: '.' }, bad: { link } });
    await mkdir(join(folder.path, 'etc'));
    await expect(scanFolder(app)).rejects.toMatchObject({
      code: 'OPERATION',
      retryable: false,
      message: `the link "${app}/bad" points out of the folder, to "${link}"`,
    });
    await scanFolder(app, ['bad']);
  });

  test('a socket', async () => {
    await using folder = await temporaryFolder();
    await using server = createServer().listen(join(folder.path, 'socket'));
    await once(server, 'listening');
    await expect(scanFolder(folder.path)).rejects.toMatchObject({
      code: 'OPERATION',
      message: `"${folder.path}/socket" is neither a file nor a folder nor a link`,
      remedy: 'Remove it, or list it under `ignore`.',
    });
  });

  test.runIf(process.platform === 'linux')('a name that is not UTF-8', async () => {
    await using folder = await temporaryFolder();
    await writeFile(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from([0xff, 0x61])]), '');
    await expect(scanFolder(folder.path)).rejects.toMatchObject({ message: /is not valid UTF-8$/ });
  });
});

test('a dangling link inside the folder is a link like any other', async () => {
  expect(await digestOf({ a: { link: 'nowhere' } })).not.toBe(await digestOf({ a: { link: 'elsewhere' } }));
});

test('a folder that is missing', async () => {
  await using folder = await temporaryFolder();
  await expect(digestFolder(join(folder.path, 'none'))).rejects.toMatchObject({
    code: 'OPERATION',
    retryable: false,
    message: expect.stringContaining(`${folder.path}/none cannot be read: ENOENT`),
  });
});

test('a folder that is reached through a link', async () => {
  await using folder = await temporaryFolder();
  await fill(join(folder.path, 'releases/1'), APP);
  await fill(folder.path, { current: { link: 'releases/1' } });
  expect(await digestFolder(join(folder.path, 'current'))).toBe(await digestOf(APP));
});

test('it can be given up', async () => {
  await using folder = await temporaryFolder();
  await fill(folder.path, APP);
  await expect(digestFolder(folder.path, [], AbortSignal.abort())).rejects.toThrow('aborted');
});

test('entries change their version when they are written to, or replaced by the same', async () => {
  await using folder = await temporaryFolder();
  await fill(folder.path, { a: 'a', b: 'b', c: 'c' });
  const before = await scanFolder(folder.path);
  await writeFile(join(folder.path, 'a'), 'a');
  await writeFile(join(folder.path, 'new'), 'b');
  await rename(join(folder.path, 'new'), join(folder.path, 'b'));
  await rm(join(folder.path, 'new'), { force: true });
  const after = await scanFolder(folder.path);
  expect(after.digest).toBe(before.digest);
  const same = after.entries.map(({ version }, index) => version === before.entries[index]?.version);
  expect(same).toEqual([false, false, true]);
});
