import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestFolder } from '../../../src/platforms/process/folder-scan.ts';
import { ReleaseStore, type StageOrder } from '../../../src/platforms/process/release-store.ts';
import { secretsFile } from '../../../src/platforms/process/secrets.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { fill, type Tree } from './folders.ts';

const NONE: ReadonlySet<string> = new Set();
const patient = () => new AbortController().signal;

class Shop implements AsyncDisposable {
  readonly app: string;
  readonly releases: string;
  readonly store: ReleaseStore;
  readonly #folder: TemporaryFolder;

  constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.app = join(folder.path, 'app');
    this.releases = join(folder.path, '.sluice/releases/api');
    this.store = new ReleaseStore(join(folder.path, '.sluice'));
  }

  static async open(tree: Tree): Promise<Shop> {
    const shop = new Shop(await temporaryFolder());
    await fill(shop.app, tree);
    return shop;
  }

  async order(release: string, parts: Partial<StageOrder> = {}): Promise<StageOrder> {
    const content = await digestFolder(this.app, parts.ignore ?? []);
    const order = { service: 'api', release, target: 'a', folder: this.app, ignore: [], content };
    return { ...order, secrets: async () => null, ...parts };
  }

  async stage(release: string, parts: Partial<StageOrder> = {}): Promise<void> {
    await this.store.stage(await this.order(release, parts), patient());
  }

  /** The releases that are there, without what is unfinished. */
  async there(): Promise<string[]> {
    return (await readdir(this.releases)).filter((name) => name !== '.targets').toSorted();
  }

  file(release: string, path: string): string {
    return join(this.store.folderOf('api', release), path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

const APP: Tree = {
  'server.js': 'one',
  'bin/start': { executable: '#!/bin/sh' },
  'lib/link': { link: '../server.js' },
  'data/empty': null,
  '.git/HEAD': 'ref',
  'tmp/cache': 'x',
};

describe('stage', () => {
  test('copies what is in the folder, read-only, with its times', async () => {
    await using shop = await Shop.open(APP);
    await shop.stage('r1', { ignore: ['tmp'] });
    const copy = shop.store.folderOf('api', 'r1');
    expect((await readdir(copy, { recursive: true })).toSorted()).toEqual([
      'bin',
      'bin/start',
      'data',
      'data/empty',
      'lib',
      'lib/link',
      'server.js',
    ]);
    expect(await readFile(join(copy, 'server.js'), 'utf8')).toBe('one');
    expect(await readlink(join(copy, 'lib/link'))).toBe('../server.js');
    const modes = await Promise.all(['server.js', 'bin/start', 'bin'].map((path) => stat(join(copy, path))));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['444', '555', '755']);
    const [from, to] = await Promise.all([stat(join(shop.app, 'server.js')), stat(join(copy, 'server.js'))]);
    expect(Math.abs(from.mtimeMs - to.mtimeMs)).toBeLessThan(2);
    expect(from.ino).not.toBe(to.ino);
    expect(await digestFolder(copy)).toBe((await shop.order('r1', { ignore: ['tmp'] })).content);
  });

  test('shares unchanged files with the release before, and none with the folder', async () => {
    await using shop = await Shop.open({
      same: 'same',
      'moved/here': 'moved',
      changed: 'one',
      x: 'now executable',
    });
    await shop.stage('r1');
    await fill(shop.app, { changed: 'two', 'moved/there': 'moved' });
    await chmod(join(shop.app, 'x'), 0o755);
    await shop.stage('r2');
    const inode = async (path: string) => (await lstat(path)).ino;
    expect(await inode(shop.file('r2', 'same'))).toBe(await inode(shop.file('r1', 'same')));
    expect(await inode(shop.file('r2', 'moved/there'))).toBe(await inode(shop.file('r1', 'moved/here')));
    expect(await inode(shop.file('r2', 'changed'))).not.toBe(await inode(shop.file('r1', 'changed')));
    expect(await inode(shop.file('r2', 'x'))).not.toBe(await inode(shop.file('r1', 'x')));
    expect((await stat(join(shop.app, 'same'))).nlink).toBe(1);
    expect((await stat(shop.file('r1', 'x'))).mode & 0o111).toBe(0);
  });

  test('does not share what somebody has changed', async () => {
    await using shop = await Shop.open({ a: 'good' });
    await shop.stage('r1');
    await chmod(shop.file('r1', 'a'), 0o644);
    await writeFile(shop.file('r1', 'a'), 'evil');
    await shop.stage('r2');
    expect(await readFile(shop.file('r2', 'a'), 'utf8')).toBe('good');
    expect(await shop.store.verify('api', 'r2', { thorough: true })).toEqual([]);
  });

  test('many at once make one copy', async () => {
    await using shop = await Shop.open(APP);
    const targets = Array.from({ length: 20 }, (_, index) => `slot ${index}`);
    await Promise.all(targets.map((target) => shop.stage('r1', { target })));
    expect(await shop.there()).toEqual(['r1']);
    expect(await readdir(join(shop.releases, '.targets'))).toHaveLength(20);
  });

  test('two controllers at once leave one whole copy', async () => {
    await using shop = await Shop.open(APP);
    const other = new ReleaseStore(join(shop.releases, '../..'));
    await Promise.all([shop.stage('r1'), other.stage(await shop.order('r1', { target: 'b' }), patient())]);
    expect(await shop.there()).toEqual(['r1']);
    expect(await shop.store.verify('api', 'r1', { thorough: true })).toEqual([]);
  });

  test('again does nothing, also when the folder is another by now', async () => {
    await using shop = await Shop.open(APP);
    const order = await shop.order('r1');
    await shop.store.stage(order, patient());
    await writeFile(join(shop.app, 'server.js'), 'two');
    const secrets = () => Promise.reject(new Error('asked'));
    await shop.store.stage({ ...order, secrets }, patient());
    expect(await readFile(shop.file('r1', 'server.js'), 'utf8')).toBe('one');
  });

  test('fails when the folder is not what was planned', async () => {
    await using shop = await Shop.open(APP);
    const order = await shop.order('r1');
    await writeFile(join(shop.app, 'server.js'), 'two');
    await expect(shop.store.stage(order, patient())).rejects.toMatchObject({
      code: 'OPERATION',
      retryable: false,
      message: `${shop.app} has changed since the plan was made`,
    });
    expect(await shop.there()).toEqual([]);
  });

  test('fails when the folder changes while it is copied', async () => {
    await using shop = await Shop.open(APP);
    // Asked between the digest and the copy.
    const secrets = async () => {
      await appendFile(join(shop.app, 'server.js'), 'two');
      return null;
    };
    await expect(shop.stage('r1', { secrets })).rejects.toMatchObject({
      retryable: false,
      message: `${shop.app} has changed since the plan was made: "server.js"`,
    });
    expect(await shop.there()).toEqual([]);
  });

  test('fails when its own copy was changed', async () => {
    await using shop = await Shop.open(APP);
    await shop.stage('r1');
    await chmod(shop.file('r1', 'server.js'), 0o644);
    await appendFile(shop.file('r1', 'server.js'), 'more');
    await writeFile(shop.file('r1', 'written-by-the-service'), '');
    await expect(shop.stage('r1')).rejects.toMatchObject({
      retryable: false,
      message: 'the copy of api r1 was changed: server.js',
      remedy: 'A release may not write to its own files. Deploy it under a new version.',
    });
  });

  test('keeps secrets in a file of their own', async () => {
    await using shop = await Shop.open(APP);
    await shop.stage('r1', { secrets: async () => ({ PASSWORD: 'a\n"b"' }) });
    const file = secretsFile(join(shop.releases, '../..'), 'api', 'r1');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ PASSWORD: 'a\n"b"' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('given up, leaves nothing', async () => {
    await using shop = await Shop.open(APP);
    const abort = new AbortController();
    const secrets = async () => {
      abort.abort(new Error('enough'));
      return null;
    };
    await expect(shop.store.stage(await shop.order('r1', { secrets }), abort.signal)).rejects.toThrow(
      'enough',
    );
    await expect.poll(() => shop.there()).toEqual([]);
  });

  test('removes what a killed process has left, and leaves what a living one is at', async () => {
    await using shop = await Shop.open(APP);
    const dead = spawn('true');
    await once(dead, 'exit');
    const names = [dead.pid, process.pid, process.ppid].map((pid) => `.new-${pid}-x`);
    for (const name of names) await mkdir(join(shop.releases, name, 'files'), { recursive: true });
    await shop.stage('r1');
    expect(await shop.there()).toEqual([`.new-${process.ppid}-x`, 'r1']);
  });
});

describe('verify', () => {
  test('by time finds what was written to, by content also what was made to look unchanged', async () => {
    await using shop = await Shop.open(APP);
    await shop.stage('r1');
    const file = shop.file('r1', 'server.js');
    const { atime, mtime } = await stat(file);
    await chmod(file, 0o644);
    await writeFile(file, 'ONE');
    expect(await shop.store.verify('api', 'r1', { thorough: false })).toEqual(['server.js']);
    await utimes(file, atime, mtime);
    expect(await shop.store.verify('api', 'r1', { thorough: false })).toEqual([]);
    expect(await shop.store.verify('api', 'r1', { thorough: true })).toEqual(['server.js']);
  });

  test('of a release that is not there', async () => {
    await using shop = await Shop.open(APP);
    await expect(shop.store.verify('api', 'r1', { thorough: false })).rejects.toMatchObject({
      message: 'there is no copy of api r1',
    });
  });
});

describe('prune', () => {
  test('removes what no target wants, and what shared its files is whole', async () => {
    await using shop = await Shop.open(APP);
    for (const release of ['r1', 'r2', 'r3']) await shop.stage(release);
    await shop.stage('r2', { target: 'b' });
    await shop.store.prune('api', 'a', new Set(['r3']), NONE);
    expect(await shop.there()).toEqual(['r2', 'r3']);
    await shop.store.prune('api', 'b', NONE, NONE);
    expect(await shop.there()).toEqual(['r3']);
    expect(await shop.store.verify('api', 'r3', { thorough: true })).toEqual([]);
  });

  test('never removes what runs, and does so once it is stopped', async () => {
    await using shop = await Shop.open(APP);
    await shop.stage('r1');
    await shop.store.prune('api', 'a', NONE, new Set(['r1']));
    expect(await shop.there()).toEqual(['r1']);
    await shop.store.prune('api', 'a', NONE, NONE);
    expect(await shop.there()).toEqual([]);
  });

  test('a target that does not want it gives it up while another still runs it', async () => {
    await using shop = await Shop.open(APP);
    for (const target of ['a', 'b']) await shop.stage('r1', { target });
    await shop.store.prune('api', 'b', NONE, new Set(['r1']));
    expect(await shop.there()).toEqual(['r1']);
    await shop.store.prune('api', 'a', NONE, NONE);
    expect(await shop.there()).toEqual([]);
  });

  test('for several targets at once: one of them removes it', async () => {
    await using shop = await Shop.open(APP);
    const targets = ['a', 'b', 'c', 'd'];
    for (let round = 0; round < 10; round += 1) {
      for (const target of targets) await shop.stage('r1', { target });
      await Promise.all(targets.map((target) => shop.store.prune('api', target, NONE, NONE)));
      expect(await shop.there()).toEqual([]);
    }
  });

  test('of what was never there', async () => {
    await using shop = await Shop.open(APP);
    await shop.store.prune('api', 'a', new Set(['r1']), NONE);
    await shop.store.prune('other', 'a', NONE, NONE);
  });

  test('beside staging, leaves a release that is wanted by somebody', async () => {
    await using shop = await Shop.open(APP);
    await shop.stage('r1');
    for (let round = 0; round < 20; round += 1) {
      const other = new ReleaseStore(join(shop.releases, '../..'));
      await Promise.all([other.prune('api', 'a', NONE, NONE), shop.stage('r1', { target: 'b' })]);
      expect(await shop.store.verify('api', 'r1', { thorough: true })).toEqual([]);
      await shop.store.prune('api', 'b', NONE, NONE);
      await shop.stage('r1');
    }
  });
});
