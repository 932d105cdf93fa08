import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { problemsOf, writeFiles } from './config-files.ts';

const NOBODY = 65_534;

test('a config that may not be read', async () => {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { 'sluice.config.yaml': 'services: { api: { command: x } }' });
  await chmod(folder.path, 0o755);
  await chmod(join(folder.path, 'sluice.config.yaml'), 0o000);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    expect(await problemsOf(loadConfig({ cwd: folder.path }))).toEqual([
      'sluice.config.yaml: may not be read by you',
    ]);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
