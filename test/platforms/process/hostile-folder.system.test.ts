/** Whatever is in the folder that is deployed, and whoever changes it meanwhile: it is copied right, or refused by name. */
import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestFile, digestFolder, scanFolder } from '../../../src/platforms/process/folder-scan.ts';
import { ReleaseStore } from '../../../src/platforms/process/release-store.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { fill, type Tree } from './folders.ts';

const SECRET = 'nobody deploys this';
const patient = () => new AbortController().signal;

/** A folder to deploy, beside something that is not to be read. */
async function open(tree: Tree) {
  const folder: TemporaryFolder = await temporaryFolder();
  const app = await fill(join(folder.path, 'app'), tree);
  await writeFile(join(folder.path, 'secret'), SECRET);
  const store = new ReleaseStore(join(folder.path, '.sluice'));
  const stage = async (release: string, planned?: string) => {
    const content = planned ?? (await digestFolder(app));
    const secrets = async () => null;
    await store.stage(
      { service: 'api', release, target: 'a', folder: app, ignore: [], content, secrets },
      patient(),
    );
    return store.folderOf('api', release);
  };
  return { folder, app, stage, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('what cannot be part of a release is refused by its name', () => {
  test('a pipe, a socket, a device', async () => {
    await using place = await open({ 'a/good': 'x' });
    const { app, stage } = place;
    const says = (name: string) => ({
      code: 'OPERATION',
      retryable: false,
      message: `${JSON.stringify(join(app, name))} is neither a file nor a folder nor a link`,
      remedy: 'Remove it, or list it under `ignore`.',
    });
    execFileSync('mkfifo', [join(app, 'a/pi\npe')]);
    await expect(stage('1-a')).rejects.toMatchObject(says('a/pi\npe'));
    await unlink(join(app, 'a/pi\npe'));
    const server = createServer();
    await new Promise<void>((listening) => server.listen(join(app, 'sock'), listening));
    await expect(stage('1-a')).rejects.toMatchObject(says('sock'));
    await new Promise((closed) => server.close(closed));
    await symlink('/dev/zero', join(app, 'zero'));
    await expect(stage('1-a')).rejects.toMatchObject({
      message: expect.stringContaining('points out of the folder, to "/dev/zero"'),
    });
  });

  test.each([
    ['straight', '../secret'],
    ['by its full path', '/etc/passwd'],
    ['by a way round', 'inner/../../secret'],
    ['to nothing, out there', '../none'],
    ['to the folder around', '..'],
  ])('a link that leads out %s', async (_what, link) => {
    await using place = await open({ 'inner/x': 'x', out: { link } });
    await expect(place.stage('1-a')).rejects.toMatchObject({
      code: 'OPERATION',
      message: `the link ${JSON.stringify(join(place.app, 'out'))} points out of the folder, to ${JSON.stringify(link)}`,
    });
  });

  test('a link over a link', async () => {
    await using place = await open({
      'x/y/z': 'x',
      here: { link: '.' },
      out: { link: 'x/y/../../here/../secret' },
    });
    await expect(place.stage('1-a')).rejects.toMatchObject({
      message: expect.stringContaining('points out'),
    });
  });
});

test('names that look like something else are names', async () => {
  const names = [
    '-rf',
    '--',
    'a\nb',
    'a b',
    '$(id)',
    '*',
    "'",
    '"',
    '\\',
    'é',
    '\u202eabc',
    '👩‍🚀',
    '__proto__',
    '~',
    '...',
    'x'.repeat(255),
    '\u001b[2J',
  ];
  await using place = await open(Object.fromEntries(names.map((name) => [name, name])));
  const copy = await place.stage('1-a');
  expect((await readdir(copy)).toSorted()).toEqual(names.toSorted());
  for (const name of names) expect(await readFile(join(copy, name), 'utf8')).toBe(name);
});

test('a thousand files, and a folder a hundred deep', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, at) => [`d${at % 100}/f${at}`, String(at % 50)]),
  );
  await using place = await open({ ...files, [`${'d/'.repeat(100)}f`]: 'deep' });
  const copy = await place.stage('1-a');
  expect(await readFile(join(copy, 'd99/f999'), 'utf8')).toBe('49');
  expect(await readFile(join(copy, `${'d/'.repeat(100)}f`), 'utf8')).toBe('deep');
  expect(await digestFolder(copy)).toBe(await digestFolder(place.app));
});

describe('a folder that changes while it is copied', () => {
  test('neither a link nor a pipe is taken for the file that was there', async () => {
    await using place = await open({ file: 'x' });
    const file = join(place.app, 'file');
    await unlink(file);
    await symlink('../secret', file);
    await expect(digestFile(file)).rejects.toMatchObject({ code: 'ELOOP' });
    await unlink(file);
    execFileSync('mkfifo', [file]);
    await expect(digestFile(file)).rejects.toThrow('is no longer a file');
  });

  test('by somebody who swaps a file for a link that leads out: what was planned, or refused', async () => {
    await using place = await open({ file: 'x'.repeat(1_000), other: 'y' });
    const file = join(place.app, 'file');
    const aside = join(place.folder.path, 'aside');
    const planned = await digestFolder(place.app);
    const stop = new AbortController();
    const swapping = (async () => {
      await symlink('../secret', aside);
      while (!stop.signal.aborted) {
        await rename(file, `${aside}.file`);
        await rename(aside, file);
        await rename(file, aside);
        await rename(`${aside}.file`, file);
      }
    })();
    try {
      for (let attempt = 0; attempt < 300; attempt += 1) {
        const copy = await place.stage(`1-${attempt}`, planned).catch((error: unknown) => error);
        if (typeof copy === 'string') {
          expect((await lstat(join(copy, 'file'))).isFile()).toBe(true);
          expect(await readFile(join(copy, 'file'), 'utf8')).toBe('x'.repeat(1_000));
        } else expect(copy).toMatchObject({ code: 'OPERATION', remedy: expect.stringMatching(/\w/) });
      }
    } finally {
      stop.abort();
      await swapping;
    }
    const releases = join(place.folder.path, '.sluice/releases/api');
    const left = (await readdir(releases)).filter((name) => name.startsWith('.new-'));
    expect(left).toEqual([]);
  });

  test('that loses a file, or gets one, after it was looked at', async () => {
    await using place = await open({ a: 'a', b: 'b' });
    const before = await scanFolder(place.app);
    await rm(join(place.app, 'a'));
    await mkdir(join(place.app, 'a'));
    expect((await scanFolder(place.app)).digest).not.toBe(before.digest);
  });
});
