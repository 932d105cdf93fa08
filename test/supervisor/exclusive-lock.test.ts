import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takeLock } from '../../src/supervisor/exclusive-lock.ts';
import { identifyProcess } from '../../src/supervisor/process-identity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HERE = { pid: process.pid };

describe('the lock', () => {
  test('is taken once, and the second is told by whom', async () => {
    await using folder = await temporaryFolder();
    expect(await takeLock(folder.path, 'lock')).toBe(null);
    expect(await takeLock(folder.path, 'lock')).toEqual(HERE);
    expect(await readdir(folder.path)).toEqual(['lock.1']);
    expect((await stat(join(folder.path, 'lock.1'))).mode & 0o777).toBe(0o600);
  });

  test('goes to exactly one of many who come at once', async () => {
    await using folder = await temporaryFolder();
    const got = await Promise.all(Array.from({ length: 50 }, () => takeLock(folder.path, 'lock')));
    expect(got.filter((holder) => holder === null)).toHaveLength(1);
    expect(got.filter((holder) => holder?.pid === process.pid)).toHaveLength(49);
  });

  test.each([
    ['who is gone', async () => JSON.stringify({ pid: await pidOfTheDead(), identity: 'boot:1' })],
    ['whose pid another has by now', async () => JSON.stringify({ pid: process.pid, identity: 'boot:1' })],
    ['of whom only a part was written', async () => '{"pid": 4'],
    ['of whom nothing was written', async () => ''],
  ])('of a holder %s goes to exactly one of many', async (_what, content) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'lock.7'), await content());
    const got = await Promise.all(Array.from({ length: 20 }, () => takeLock(folder.path, 'lock')));
    expect(got.filter((holder) => holder === null)).toHaveLength(1);
    expect(await readdir(folder.path)).toEqual(['lock.8']);
  });

  test('is held by the highest number, whatever else is there', async () => {
    await using folder = await temporaryFolder();
    const identity = await identifyProcess(process.pid);
    await writeFile(join(folder.path, 'lock.9'), '');
    await writeFile(join(folder.path, 'lock.10'), JSON.stringify({ pid: process.pid, identity }));
    await writeFile(join(folder.path, 'lock.010'), '');
    await writeFile(join(folder.path, 'lock.x'), '');
    expect(await takeLock(folder.path, 'lock')).toEqual(HERE);
  });
});

async function pidOfTheDead(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid as number;
}
