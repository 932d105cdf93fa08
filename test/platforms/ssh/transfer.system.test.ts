import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Release } from '../../../src/domain/release.ts';
import { digestFolder } from '../../../src/platforms/process/folder-scan.ts';
import { fill, type Tree } from '../process/folders.ts';
import { COMMANDS, patient } from './workshop.ts';
import { Yard } from './yard.ts';

const LONG = `${'deep/'.repeat(40)}${'n'.repeat(150)}`;
/** What is hard on shells, on tar and on lists of names. */
const ODD: Tree = {
  'main.sh': 'exec sleep 600',
  '-rf': 'a dash',
  '--checkpoint-action=exec=touch x': 'an option of tar',
  'two\nlines': 'a line break',
  'quote \' and " and $(touch pwned) `x`': 'quotes',
  'größe/日本/😀': 'unicode',
  ' blank ': 'blanks',
  'back\\slash\\n': 'backslashes',
  '*': 'a star',
  'empty folder': null,
  'bin/tool': { executable: '#!/bin/sh\necho tool\n' },
  'a link': { link: '-rf' },
  'dangling\nlink': { link: 'no/such/fi\nle' },
  [LONG]: 'a long name',
};

async function stage(yard: Yard, host: string, release: Release): Promise<number> {
  const before = yard.shells.trips.length;
  await yard.platform.stage(host, release, patient());
  return yard.shells.trips.length - before;
}

const lastSent = (yard: Yard) => yard.shells.trips.at(-1)?.sent ?? 0;

test('a release arrives as it is, whatever its files are called, in two round trips', async () => {
  await using yard = await Yard.open(ODD);
  const release = await yard.release();
  expect(await stage(yard, 'a', release)).toBe(2);
  const there = yard.path('a', 'releases', release.id);
  expect(await digestFolder(there)).toBe(await digestFolder(yard.app));
  expect(await readlink(join(there, 'dangling\nlink'))).toBe('no/such/fi\nle');
  expect((await stat(join(there, 'bin/tool'))).mode & 0o777).toBe(0o755);
  expect((await stat(join(there, '-rf'))).mode & 0o777).toBe(0o644);
  expect(await stage(yard, 'a', release)).toBe(1);
  const before = yard.shells.trips.length;
  await yard.platform.activate('a', release, patient());
  expect(yard.shells.trips.length - before).toBe(1);
  expect(await readlink(yard.path('a', 'current'))).toBe(`releases/${release.id}`);
  expect(await readdir(yard.path('a', '.sluice/incoming'))).toEqual([]);
});

test('only what has changed is sent, the rest is hard links, and what is gone is gone', async () => {
  await using yard = await Yard.open({ ...ODD, 'big.bin': 'x', gone: 'a', 'old/way': 'b', 'was-file': 'c' });
  const noise = randomBytes(2_000_000);
  await writeFile(join(yard.app, 'big.bin'), noise);
  const one = await yard.release();
  await stage(yard, 'a', one);
  const cold = lastSent(yard);
  expect(cold).toBeGreaterThan(2_000_000);
  await rm(join(yard.app, 'gone'));
  await rm(join(yard.app, 'old'), { recursive: true });
  await rm(join(yard.app, 'was-file'));
  await fill(yard.app, { '-rf': 'another', 'was-file/now': 'a folder', 'new\nfile': 'new' });
  await chmod(join(yard.app, 'two\nlines'), 0o755);
  await rm(join(yard.app, 'a link'));
  await symlink('bin/tool', join(yard.app, 'a link'));
  const two = await yard.release({ version: '2.0.0' });
  expect(await stage(yard, 'a', two)).toBe(2);
  expect(lastSent(yard)).toBeLessThan(5_000);
  const [first, second] = [one, two].map(({ id }) => yard.path('a', 'releases', id)) as [string, string];
  expect(await digestFolder(second)).toBe(await digestFolder(yard.app));
  expect((await lstat(join(second, 'big.bin'))).ino).toBe((await lstat(join(first, 'big.bin'))).ino);
  // What was replaced was not written through the link.
  expect(await readFile(join(first, '-rf'), 'utf8')).toBe('a dash');
  expect((await stat(join(first, 'two\nlines'))).mode & 0o777).toBe(0o644);
  expect(await readFile(join(first, 'was-file'), 'utf8')).toBe('c');
});

test('a release is packed once for all hosts that have the same base', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x', data: 'y'.repeat(50_000) });
  const hosts = ['a', 'b', 'c'];
  const one = await yard.release();
  await Promise.all(hosts.map((host) => yard.platform.stage(host, one, patient())));
  await rm(join(yard.app, 'data'));
  const two = await yard.release({ version: '2.0.0' });
  await Promise.all(hosts.slice(0, 2).map((host) => yard.platform.stage(host, two, patient())));
  // Its folder is not read again: the archive for this base is there.
  await rm(yard.app, { recursive: true });
  expect(await stage(yard, 'c', two)).toBe(2);
  expect(await readdir(yard.path('c', 'releases', two.id))).toEqual(['main.sh']);
});

test('whoever does not know what is there asks once for its manifest', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x', data: 'y'.repeat(50_000), [LONG]: 'z' });
  await stage(yard, 'a', await yard.release());
  await appendFile(join(yard.app, 'main.sh'), '#');
  const stateDir = join(yard.stateDir, 'of somebody else');
  const two = await yard.release({ version: '2.0.0' });
  await using other = yard.another({ stateDir });
  const before = yard.shells.trips.length;
  await other.stage('a', two, patient());
  expect(yard.shells.trips.length - before).toBe(3);
  expect(lastSent(yard)).toBeLessThan(2_000);
  expect(await digestFolder(yard.path('a', 'releases', two.id))).toBe(await digestFolder(yard.app));
});

test.each([
  ['written to', (folder: string) => appendFile(join(folder, 'data'), '!')],
  ['removed', (folder: string) => rm(join(folder, 'data'))],
  ['added', (folder: string) => writeFile(join(folder, 'extra'), '')],
  ['made a program', (folder: string) => chmod(join(folder, 'data'), 0o755)],
])('a base in which a file was %s is not built upon', async (_what, spoil) => {
  await using yard = await Yard.open({ 'main.sh': 'x', data: 'y' });
  const one = await yard.release();
  await stage(yard, 'a', one);
  await spoil(yard.path('a', 'releases', one.id));
  await appendFile(join(yard.app, 'main.sh'), '#');
  const two = await yard.release({ version: '2.0.0' });
  expect(await stage(yard, 'a', two)).toBe(3);
  expect(await digestFolder(yard.path('a', 'releases', two.id))).toBe(await digestFolder(yard.app));
});

test.each([
  ['cut short', (input: Buffer) => input.subarray(0, input.length - 600)],
  ['lost', () => Buffer.alloc(0)],
  [
    'changed',
    (input: Buffer) => {
      const copy = Buffer.from(input);
      if (copy.length === 0) return copy;
      copy.writeUInt8((copy.at(-3_000) ?? 0) ^ 0xff, copy.length - 3_000);
      return copy;
    },
  ],
])('an upload that was %s leaves nothing to be seen, and can be done again', async (_what, alter) => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  await writeFile(join(yard.app, 'noise'), randomBytes(100_000));
  const release = await yard.release();
  yard.shells.alter = alter;
  await expect(stage(yard, 'a', release)).rejects.toMatchObject({ code: 'OPERATION', retryable: true });
  expect(await yard.releases('a')).toEqual([]);
  expect(await readdir(yard.path('a', '.sluice/incoming'))).toEqual([]);
  yard.shells.alter = null;
  expect(await stage(yard, 'a', release)).toBe(2);
  expect(await digestFolder(yard.path('a', 'releases', release.id))).toBe(await digestFolder(yard.app));
});

test('what a killed upload has left is cleared by the next, but not what is on its way', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  const incoming = yard.path('a', '.sluice/incoming');
  for (const [name, pid] of [
    ['killed', '4194000'],
    ['alive', String(process.pid)],
    ['unsaid', ''],
  ] as const) {
    await mkdir(join(incoming, name), { recursive: true });
    await writeFile(join(incoming, name, 'pid'), pid);
  }
  await stage(yard, 'a', await yard.release());
  expect(await readdir(incoming)).toEqual(['alive']);
});

test('what outlives releases is linked into each of them', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x', 'public/a': '' });
  const shared = ['public/up loads/', "it's/new/db.sqlite", '-x'];
  const one = await yard.release({ shared });
  await stage(yard, 'a', one);
  const link = (release: Release, path: string) => yard.path('a', 'releases', release.id, path);
  await writeFile(link(one, 'public/up loads/cat.png'), 'cat');
  await writeFile(link(one, "it's/new/db.sqlite"), 'rows');
  expect((await stat(link(one, '-x'))).mode & 0o777).toBe(0o600);
  await appendFile(join(yard.app, 'main.sh'), '#');
  const two = await yard.release({ version: '2.0.0', shared });
  expect(await stage(yard, 'a', two)).toBe(2);
  expect(await readFile(link(two, 'public/up loads/cat.png'), 'utf8')).toBe('cat');
  expect(await readFile(yard.path('a', "shared/it's/new/db.sqlite"), 'utf8')).toBe('rows');
  const three = await yard.release({ version: '3.0.0' });
  expect(await stage(yard, 'a', three)).toBe(2);
  expect(await digestFolder(yard.path('a', 'releases', three.id))).toBe(await digestFolder(yard.app));
});

test('what is shared cannot be in the release too', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x', 'uploads/a': '' });
  const release = await yard.release({ shared: ['uploads/'] });
  await expect(stage(yard, 'a', release)).rejects.toMatchObject({
    message: '"uploads/" is shared between releases, and is in the release too',
  });
  // That is known here: the host is not even asked.
  expect(yard.shells.trips).toEqual([]);
});

test('a host without room is sent nothing', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  const tools = await fill(join(yard.stateDir, 'tools'), {
    df: { executable: '#!/bin/sh\necho Heading\necho /dev/x 9 9 1000 99% /\n' },
  });
  yard.hosts.path = `${tools}:${yard.hosts.path}`;
  await expect(stage(yard, 'a', await yard.release())).rejects.toMatchObject({
    message: 'a has 1 MB free, and the release needs 17 MB',
    retryable: false,
  });
  expect(yard.shells.trips).toHaveLength(1);
});

test('a host without zstd is sent gzip', async () => {
  await using yard = await Yard.open(ODD);
  const tools = await fill(join(yard.stateDir, 'tools'), {});
  const needed =
    'sh bash mkdir cat rm readlink df date ln mv cp tar gzip sha256sum cut xargs find sort head touch grep sed tail kill';
  for (const tool of needed.split(' ')) {
    const found = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    if (found.startsWith('/')) await symlink(found, join(tools, tool));
  }
  yard.hosts.path = tools;
  const release = await yard.release();
  expect(await stage(yard, 'a', release)).toBe(2);
  expect(yard.shells.trips.at(-1)?.script).toContain('gzip -dc');
  expect(await digestFolder(yard.path('a', 'releases', release.id))).toBe(await digestFolder(yard.app));
});

test('a folder that has changed since the plan is not sent', async () => {
  await using yard = await Yard.open({ 'main.sh': 'x' });
  const release = await yard.release();
  await appendFile(join(yard.app, 'main.sh'), '#');
  await expect(stage(yard, 'a', release)).rejects.toMatchObject({
    message: `${join(yard.app, 'main.sh')} has changed since the plan was made`,
    retryable: false,
  });
});

test('a secret reaches the service, and nothing else', async () => {
  const secret = 'hunter2 "$(x)" `y` \\ \' \n end';
  const environment = { PASSWORD: secret };
  await using yard = await Yard.open({}, { environment });
  const source = 'printf "%s" "$PASSWORD" >"$SLUICE_RUN/told"; exec sleep 600';
  await fill(yard.app, { 'main.sh': source });
  const release = await yard.release({ secrets: ['PASSWORD'], environment, run: COMMANDS });
  await yard.deploy('a', release);
  await expect
    .poll(() => readFile(yard.path('a', '.sluice/run/1/told'), 'utf8').catch(() => ''))
    .toBe(secret);
  const file = yard.path('a', '.sluice/meta', release.id, 'environment');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.stringify([yard.shells.trips, release])).not.toContain('hunter2');
  const elsewhere = execFileSync('grep', ['-rlF', 'hunter2', yard.path('a'), yard.stateDir], {
    encoding: 'utf8',
  });
  expect(elsewhere.trim().split('\n').toSorted()).toEqual(
    [yard.path('a', '.sluice/run/1/told'), file].toSorted(),
  );
});
