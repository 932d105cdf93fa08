import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findConfig, isTrusted } from '../../src/config/find-config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { problemsOf, writeFiles } from './config-files.ts';

const MINIMAL = 'services: { api: { command: node server.js } }\n';

describe('which config', () => {
  test('the one of the folder', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, { 'sluice.config.yml': MINIMAL });
    const { config, file, dir } = await loadConfig({ cwd: folder.path });
    expect(config.services).toEqual(['api']);
    expect(file).toBe(join(folder.path, 'sluice.config.yml'));
    expect(dir).toBe(folder.path);
  });

  test('the nearest one above', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, {
      'sluice.config.yaml': 'services: { outer: { command: x } }',
      'a/sluice.config.json': '{ "services": { "inner": { "command": 0 } } }',
      'a/b/c/file': '',
    });
    const cwd = join(folder.path, 'a/b/c');
    expect(await findConfig(cwd)).toBe(join(folder.path, 'a/sluice.config.json'));
    expect(await problemsOf(loadConfig({ cwd }))).toEqual([
      '../../sluice.config.json:1:39 services.inner.command: must be text or a list, not 0',
    ]);
  });

  test('the one that is named, whatever else there is', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, {
      'sluice.config.yaml': '[',
      'sluice.config.json': '[',
      'conf/prod.yaml': MINIMAL,
    });
    const { dir } = await loadConfig({ cwd: folder.path, file: 'conf/prod.yaml' });
    expect(dir).toBe(join(folder.path, 'conf'));
    expect((await loadConfig({ cwd: '/', file: join(folder.path, 'conf/prod.yaml') })).dir).toBe(dir);
  });

  test('not one of two', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, { 'sluice.config.yaml': MINIMAL, 'sluice.config.ts': '' });
    await expect(loadConfig({ cwd: folder.path })).rejects.toMatchObject({
      code: 'CONFIG',
      problems: [`${folder.path} has 2 configs: sluice.config.yaml, sluice.config.ts`],
      remedy: 'Keep one of them, or say which with --config.',
    });
  });

  test('none at all', async () => {
    await using folder = await temporaryFolder();
    expect(await findConfig(folder.path)).toBeNull();
    await expect(loadConfig({ cwd: folder.path })).rejects.toMatchObject({
      problems: [`there is no sluice.config.yaml in ${folder.path} or above`],
      remedy: 'Write one with `sluice init`.',
    });
  });

  test('one that is named and not there, or cannot be one', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, { 'config.toml': '', 'dir/x': '' });
    const refusal = (file: string) => problemsOf(loadConfig({ cwd: folder.path, file }));
    expect(await refusal('no.yaml')).toEqual(['no.yaml: does not exist']);
    expect(await refusal('dir')).toEqual(['dir: is a folder']);
    expect(await refusal('dir/x/y.yaml')).toEqual(['dir/x/y.yaml: does not exist']);
    expect(await refusal('config.toml')).toEqual([
      'config.toml: ends in none of .yaml .yml .json .ts .mts .js .mjs',
    ]);
  });
});

test('a config in a folder above is not taken from just anybody', () => {
  const [root, user, other, owner] = [0, 1000, 1001, 1002];
  expect(isTrusted(user, user, user)).toBe(true);
  expect(isTrusted(root, user, user)).toBe(true);
  expect(isTrusted(owner, owner, user)).toBe(true);
  expect(isTrusted(other, user, user)).toBe(false);
  expect(isTrusted(other, root, root)).toBe(false);
});

describe('a config that is no file', () => {
  test('a folder', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'sluice.config.yaml'));
    expect(await problemsOf(loadConfig({ cwd: folder.path }))).toEqual(['sluice.config.yaml: is a folder']);
  });

  test('a link to nothing, or to itself', async () => {
    await using folder = await temporaryFolder();
    await symlink('nowhere', join(folder.path, 'sluice.config.yaml'));
    expect(await problemsOf(loadConfig({ cwd: folder.path }))).toEqual([
      'sluice.config.yaml: does not exist',
    ]);
    await symlink('loop.yaml', join(folder.path, 'loop.yaml'));
    expect(await problemsOf(loadConfig({ cwd: folder.path, file: 'loop.yaml' }))).toEqual([
      'loop.yaml: is a link to itself',
    ]);
  });

  test('a socket, from which nothing would ever come', async () => {
    await using folder = await temporaryFolder();
    const server = createServer();
    const path = join(folder.path, 'sluice.config.yaml');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      expect(await problemsOf(loadConfig({ cwd: folder.path }))).toEqual([
        'sluice.config.yaml: is not a file',
      ]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
