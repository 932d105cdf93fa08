import { appendFileSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { hiding } from '../../src/domain/secret-text.ts';
import { LogFiles, logPath, removeLogs, rotate } from '../../src/supervisor/log-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const text = (path: string) => readFile(path, 'utf8');

test('a target that is no safe file name still has one log, and no other has the same', () => {
  const path = (target: string) => logPath('/s', 'api', target, '1.0.0-abc');
  expect(path('slot-1')).toBe('/s/logs/api/slot-1/1.0.0-abc.log');
  expect(path('../../etc')).toMatch(/^\/s\/logs\/api\/-etc~[0-9a-f]{12}\/1\.0\.0-abc\.log$/);
  expect(path('a/b')).not.toBe(path('a b'));
  expect(path('x'.repeat(253)).length).toBeLessThan(100);
});

describe('rotate', () => {
  test('moves what is there, keeps so many files, and lets the writer go on', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    const writer = openSync(file, 'a');
    for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) {
      writeSync(writer, line);
      await rotate(file, 3);
    }
    writeSync(writer, 'five\n');
    expect((await readdir(folder.path)).toSorted()).toEqual(['a.log', 'a.log.1', 'a.log.2']);
    expect(await Promise.all([text(`${file}.2`), text(`${file}.1`), text(file)])).toEqual([
      'three\n',
      'four\n',
      'five\n',
    ]);
  });

  test('what an interrupted one has left is no hindrance', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    await writeFile(file, 'whole\n');
    await writeFile(`${file}.rotating`, 'half of an older');
    await rotate(file, 3);
    expect(await Promise.all([text(file), text(`${file}.1`)])).toEqual(['', 'whole\n']);
  });
});

describe('LogFiles', () => {
  test('rotates a file that has grown too long, in a folder that only its owner can read', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'logs', 'deep', 'a.log');
    const logs = new LogFiles(() => {}, { maxBytes: 100, maxFiles: 3, intervalMs: 5 });
    try {
      const writer = await logs.open(file);
      writeSync(writer, 'x'.repeat(100));
      await waitFor('the rotation', async () => (await stat(`${file}.1`)).size === 100);
      writeSync(writer, 'y'.repeat(99));
      expect(await text(file)).toBe('y'.repeat(99));
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await stat(join(folder.path, 'logs'))).mode & 0o777).toBe(0o700);
    } finally {
      logs.close();
    }
  });

  test('cuts a file that cannot be copied rather than let it fill the disk', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.log');
    const reports: string[] = [];
    const logs = new LogFiles((line) => reports.push(line), { maxBytes: 100, maxFiles: 2, intervalMs: 5 });
    try {
      await mkdir(`${file}.rotating`);
      await writeFile(file, 'x'.repeat(150));
      logs.watch(file);
      await setTimeout(20);
      expect((await stat(file)).size).toBe(150);
      appendFileSync(file, 'x'.repeat(50));
      await waitFor('the cut', async () => (await stat(file)).size === 0);
      await waitFor('the report of it', () => reports.length > 0);
      expect(reports[0]).toContain('a.log was cut without a copy');
    } finally {
      logs.close();
    }
  });
});

test('logs of releases that are not kept are deleted, with what was rotated, but for the one written last', async () => {
  await using folder = await temporaryFolder();
  const keep = logPath(folder.path, 'api', 'a', '2.0.0-b');
  const drop = logPath(folder.path, 'api', 'a', '1.0.0-a');
  const other = logPath(folder.path, 'api', 'b', '1.0.0-a');
  const last = logPath(folder.path, 'api', 'a', '1.5.0-c');
  for (const [at, file] of [
    keep,
    `${keep}.1`,
    drop,
    `${drop}.1`,
    `${drop}.4`,
    other,
    `${last}.1`,
    last,
  ].entries()) {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '');
    await utimes(file, at, at);
  }
  await removeLogs(folder.path, 'api', 'a', new Set(['2.0.0-b']));
  await removeLogs(folder.path, 'api', 'never', new Set());
  expect((await readdir(join(folder.path, 'logs', 'api', 'a'))).toSorted()).toEqual([
    '1.5.0-c.log',
    '1.5.0-c.log.1',
    '2.0.0-b.log',
    '2.0.0-b.log.1',
  ]);
  expect(await readdir(join(folder.path, 'logs', 'api', 'b'))).toEqual(['1.0.0-a.log']);
});

test('the log that is kept of a release whose secrets go loses them, and keeps its time', async () => {
  await using folder = await temporaryFolder();
  const log = logPath(folder.path, 'api', 'a', '1.0.0-a');
  await mkdir(join(log, '..'), { recursive: true });
  await writeFile(log, 'one swordfish two\n');
  await utimes(log, 7, 7);
  const hidingOf = async (release: string) =>
    hiding({ [release.startsWith('1') ? 'OLD' : 'NEW']: 'swordfish' });
  await removeLogs(folder.path, 'api', 'a', new Set(), hidingOf);
  expect(await readFile(log, 'utf8')).toBe('one [OLD] two\n');
  expect((await stat(log)).mtimeMs).toBe(7_000);
});
