/** Configs in files of their own, for tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import { ConfigError } from '../../src/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Writes files below `folder`, by path. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** The config that `text` is, in a file of this name. */
export async function loadText(
  text: string | Uint8Array,
  name = 'sluice.config.yaml',
): Promise<LoadedConfig> {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { [name]: text });
  return await loadConfig({ cwd: folder.path });
}

/** Every problem that is found in `text`; empty when there is none. */
export function problemsIn(text: string | Uint8Array, name?: string): Promise<readonly string[]> {
  return problemsOf(loadText(text, name));
}

/** The problems with which `loading` is refused; empty when it is not. */
export async function problemsOf(loading: Promise<unknown>): Promise<readonly string[]> {
  try {
    await loading;
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}
