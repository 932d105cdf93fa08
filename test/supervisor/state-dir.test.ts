import { chmod, chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assertRoom, prepareStateDir } from '../../src/supervisor/state-dir.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = process.getuid?.() === 0;

test('a missing folder is made for its owner alone, and one that is open is closed', async () => {
  await using folder = await temporaryFolder();
  const stateDir = join(folder.path, 'a', '.sluice');
  await prepareStateDir(stateDir);
  expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
  await chmod(stateDir, 0o755);
  await prepareStateDir(stateDir);
  expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
  await assertRoom(stateDir);
  expect(await readdir(stateDir)).toEqual([]);
});

test('a file in its place', async () => {
  await using folder = await temporaryFolder();
  const stateDir = join(folder.path, '.sluice');
  await writeFile(stateDir, '');
  await expect(prepareStateDir(stateDir)).rejects.toMatchObject({
    code: 'SUPERVISOR',
    message: `${stateDir} cannot be made: a file is in its way`,
  });
});

test.runIf(ROOT)("somebody else's folder", async () => {
  await using folder = await temporaryFolder();
  const stateDir = join(folder.path, '.sluice');
  await mkdir(stateDir);
  await chown(stateDir, 12_345, 12_345);
  await expect(prepareStateDir(stateDir)).rejects.toMatchObject({
    code: 'SUPERVISOR',
    message: `${stateDir} belongs to user 12345, and this is user 0`,
    remedy: 'Run Sluice as that user, or give the folder to this one with `chown -R`.',
  });
});
