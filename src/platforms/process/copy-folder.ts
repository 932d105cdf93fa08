/** Copying a scanned folder into a release: sharing what an earlier release has, keeping what may not change. */
import { constants } from 'node:fs';
import { chmod, copyFile, link, lstat, mkdir, statfs, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../errors.ts';
import { syncToDisk } from './files.ts';
import type { FolderEntry } from './folder-scan.ts';
import { isIntact, type Manifest, type ManifestEntry } from './manifest.ts';
import { mapLimited } from './map-limited.ts';

const FILES_AT_ONCE = 16;
const BLOCK_BYTES = 4_096;
/** Left for everything else that has to be written: the journal, the logs. */
const RESERVE_BYTES = 8 * 1024 * 1024;

/** An earlier release, whose files may be shared. */
export interface Base {
  readonly files: string;
  readonly manifest: Manifest;
}

export interface CopyOrder {
  readonly from: string;
  readonly entries: readonly FolderEntry[];
  /** Does not exist yet. */
  readonly to: string;
  readonly base: Base | null;
}

/**
 * Copies the folder and brings it to the disk; resolves with what the copy holds.
 * @throws OperationError when the disk has no room for it
 */
export async function copyFolder(order: CopyOrder, signal: AbortSignal): Promise<ManifestEntry[]> {
  const { entries, to } = order;
  const shared = shareable(order.base);
  const copied = entries.filter((entry) => isFile(entry) && !shared.has(shareKey(entry)));
  await mkdir(to, { mode: 0o755 });
  await assertRoom(to, copied);
  const folders = entries.filter(({ kind }) => kind === 'folder');
  for (const { path } of folders) await mkdir(join(to, path), { mode: 0o755 });
  const copies = await mapLimited(entries, FILES_AT_ONCE, signal, async (entry) => {
    const { path, kind, size, content } = entry;
    return {
      path,
      kind,
      size,
      content,
      writtenAt: await copyEntry(order, entry, shared.get(shareKey(entry))),
    };
  });
  await mapLimited(['', ...folders.map(({ path }) => path)], FILES_AT_ONCE, signal, (path) =>
    syncToDisk(join(to, path)),
  );
  return copies;
}

interface Shareable {
  readonly file: string;
  readonly entry: ManifestEntry;
}

function shareable(base: Base | null): Map<string, Shareable> {
  const entries = (base?.manifest.entries ?? []).filter(isFile);
  return new Map(
    entries.map((entry) => [shareKey(entry), { file: join(base?.files ?? '', entry.path), entry }] as const),
  );
}

/** Files with one key are the same file, wherever they are. */
function shareKey({ kind, content }: Pick<FolderEntry, 'kind' | 'content'>): string {
  return `${kind} ${content}`;
}

function isFile({ kind }: Pick<FolderEntry, 'kind'>): boolean {
  return kind === 'file' || kind === 'executable';
}

/** Resolves with when the copy was last written to. */
async function copyEntry(
  order: CopyOrder,
  entry: FolderEntry,
  shared: Shareable | undefined,
): Promise<number> {
  const to = join(order.to, entry.path);
  switch (entry.kind) {
    case 'folder':
      return 0;
    case 'link':
      await symlink(entry.content, to);
      return 0;
    default:
      if (shared !== undefined && (await linked(shared, to))) return shared.entry.writtenAt;
      return await copyRegular(join(order.from, entry.path), to, entry.kind);
  }
}

/** Shares the file of the earlier release, unless somebody has changed it or it is shared too often. */
async function linked({ file, entry }: Shareable, to: string): Promise<boolean> {
  if (!(await isIntact(file, entry, false))) return false;
  try {
    await link(file, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMLINK' || code === 'ENOENT' || code === 'EPERM' || code === 'ENOTSUP') return false;
    throw error;
  }
}

async function copyRegular(from: string, to: string, kind: 'file' | 'executable'): Promise<number> {
  const { atime, mtime } = await lstat(from);
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(to, kind === 'executable' ? 0o555 : 0o444);
  // Web servers make ETags of it: both releases should give the same for the same file.
  await utimes(to, atime, mtime);
  await syncToDisk(to);
  return (await lstat(to)).mtimeMs;
}

async function assertRoom(folder: string, files: readonly FolderEntry[]): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const needed = files.reduce((sum, { size }) => sum + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES, 0);
  if (needed + RESERVE_BYTES <= free) return;
  throw new OperationError(
    `the disk is too full for the release: it needs ${megabytes(needed)}, ${megabytes(free)} are free, and ` +
      `${megabytes(RESERVE_BYTES)} are kept for everything else`,
    { retryable: false, remedy: 'Free some space, or keep fewer releases (`keepReleases`).' },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
