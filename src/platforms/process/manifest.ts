/** What is in a release, kept beside its copy: to tell whether a file of it was changed, and what others may share. */
import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderEntry } from './folder-scan.ts';
import { digestFile } from './folder-scan.ts';
import { mapLimited } from './map-limited.ts';

const FORMAT = 1;
const FILES_AT_ONCE = 8;

export interface ManifestEntry extends Omit<FolderEntry, 'version'> {
  /** Of files: when the copy was last written to, milliseconds since the epoch. */
  readonly writtenAt: number;
}

export interface Manifest {
  readonly format: typeof FORMAT;
  /** Digest of the folder, see `digestFolder`. */
  readonly content: string;
  readonly entries: readonly ManifestEntry[];
}

export function manifestText(content: string, entries: readonly ManifestEntry[]): string {
  return JSON.stringify({ format: FORMAT, content, entries } satisfies Manifest);
}

/** `null` when there is none, or none that is understood. */
export async function readManifest(file: string): Promise<Manifest | null> {
  try {
    const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    return manifest.format === FORMAT ? manifest : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * The files and links of the copy that are gone or not what they were, by path. Looks at sizes and times; when
 * `thorough`, at contents as well. What was added is the business of the service, and no damage.
 */
export async function damageOf(
  files: string,
  manifest: Manifest,
  options: { readonly thorough: boolean; readonly signal?: AbortSignal },
): Promise<string[]> {
  const { entries } = manifest;
  const intact = await mapLimited(entries, FILES_AT_ONCE, options.signal, (entry) =>
    isIntact(join(files, entry.path), entry, options.thorough),
  );
  return entries.filter((_entry, index) => !intact[index]).map(({ path }) => path);
}

/** Whether the copy of one entry is what it was. */
export async function isIntact(file: string, entry: ManifestEntry, thorough: boolean): Promise<boolean> {
  const stats = await lstat(file).catch(() => null);
  if (stats === null) return false;
  if (entry.kind === 'folder') return stats.isDirectory();
  if (entry.kind === 'link') return stats.isSymbolicLink() && (await readlink(file)) === entry.content;
  if (!stats.isFile() || stats.size !== entry.size || stats.mtimeMs !== entry.writtenAt) return false;
  return !thorough || (await digestFile(file)) === entry.content;
}
