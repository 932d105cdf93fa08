import { lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../errors.ts';

/** What a config may be called, in the order in which they are named to people. */
export const CONFIG_NAMES = ['yaml', 'yml', 'json', 'ts', 'mts', 'js', 'mjs'].map(
  (ext) => `sluice.config.${ext}`,
);

/**
 * The config of a folder: its own, or that of the nearest folder above that has one; `null` when none has.
 * @throws ConfigError when a folder has two, or when the one found above belongs to somebody else
 */
export async function findConfig(cwd: string): Promise<string | null> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = await configsIn(folder);
    if (found.length > 1) {
      throw new ConfigError([`${folder} has ${found.length} configs: ${found.join(', ')}`], {
        remedy: 'Keep one of them, or say which with --config.',
      });
    }
    const [name] = found;
    if (name !== undefined) {
      const file = join(folder, name);
      if (folder !== cwd) await assertTrusted(file, cwd);
      return file;
    }
    if (dirname(folder) === folder) return null;
  }
}

async function configsIn(folder: string): Promise<string[]> {
  const exist = await Promise.all(
    CONFIG_NAMES.map((name) =>
      lstat(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return CONFIG_NAMES.filter((_, index) => exist[index]);
}

/** A config runs commands, and one in a folder above, such as /tmp, may have been put there by somebody else. */
async function assertTrusted(file: string, cwd: string): Promise<void> {
  const [{ uid }, here] = await Promise.all([lstat(file), stat(cwd)]);
  if (isTrusted(uid, here.uid, process.getuid?.() ?? uid)) return;
  throw new ConfigError([`${file}: belongs to another user (uid ${uid})`], {
    remedy: `If you trust it, say so with --config ${file}.`,
  });
}

/** True for a file of root, of the user, or of the owner of the folder that the user chose to be in. */
export function isTrusted(owner: number, folderOwner: number, user: number): boolean {
  return owner === 0 || owner === user || owner === folderOwner;
}
