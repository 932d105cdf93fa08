/**
 * What is in a folder: every file, link and folder in it, with a digest of each and one of it all. The digest
 * depends on nothing but names, contents, links and the executable bit, so that two machines agree on it.
 */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
} from 'node:fs';
import { lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf, OperationError } from '../../errors.ts';
import { mapLimited } from './map-limited.ts';

/** Never part of a release. */
const ALWAYS_IGNORED = ['.git', '.sluice'];
const FILES_AT_ONCE = 8;
const CHUNK_BYTES = 1024 * 1024;
/** Read at once, without leaving the thread: that takes a third of the time, and less than others have to wait. */
const SMALL_BYTES = 128 * 1024;
/** Others get their turn after so many entries. */
const ENTRIES_A_TURN = 32;

export interface FolderEntry {
  /** Relative to the folder, with `/` between its parts. */
  readonly path: string;
  readonly kind: 'file' | 'executable' | 'link' | 'folder';
  /** Of files, in bytes. */
  readonly size: number;
  /** Of files: SHA-256 of the content, hex. Of links: where they point. Of folders: nothing. */
  readonly content: string;
  /** Changes whenever the file is written to, replaced or renamed. */
  readonly version: string;
}

export interface FolderScan {
  /** SHA-256, hex. */
  readonly digest: string;
  /** By path; a folder comes before what is in it. */
  readonly entries: readonly FolderEntry[];
}

/**
 * SHA-256, hex, of what is in the folder: paths, contents, link targets, executable bits.
 * `ignore` holds names that are left out wherever they are (`.env`), and, with a slash, paths from the
 * folder (`build/cache`); `.git` and `.sluice` always are.
 * @throws OperationError when the folder cannot be read, or holds what cannot be part of a release
 */
export async function digestFolder(
  folder: string,
  ignore: readonly string[] = [],
  signal?: AbortSignal,
): Promise<string> {
  return (await scanFolder(folder, ignore, signal)).digest;
}

/** Reads the whole folder; see `digestFolder`. */
export async function scanFolder(
  folder: string,
  ignore: readonly string[] = [],
  signal?: AbortSignal,
): Promise<FolderScan> {
  try {
    const root = await realpath(folder);
    const paths = await listPaths(root, ignoring(ignore));
    let scanned = 0;
    const entries = await mapLimited(paths, FILES_AT_ONCE, signal, async (path) => {
      scanned += 1;
      if (scanned % ENTRIES_A_TURN === 0) await turn();
      return await scanEntry(root, path);
    });
    return { digest: digestOf(entries), entries };
  } catch (error) {
    if (error instanceof OperationError) throw error;
    signal?.throwIfAborted();
    throw new OperationError(`${folder} cannot be read: ${messageOf(error)}`, {
      cause: error,
      retryable: false,
      remedy: 'Give a folder that exists and that you may read.',
    });
  }
}

/** Who the file is, and which write to it was the last. */
export async function versionOf(file: string): Promise<string> {
  return versionFrom(await lstat(file, { bigint: true }));
}

function versionFrom({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

async function listPaths(root: string, ignored: (path: string) => boolean): Promise<string[]> {
  const paths: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const child of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? child.name : `${folder}/${child.name}`;
      if (ignored(path)) continue;
      assertUsable(root, path, child);
      paths.push(path);
      if (child.isDirectory()) folders.push(path);
    }
  }
  return paths.toSorted(byCodeUnits);
}

function ignoring(ignore: readonly string[]): (path: string) => boolean {
  const given = ignore.map((entry) => entry.replace(/^\.?\/+(?=.)/, './').replace(/\/+$/, ''));
  const names = new Set([...ALWAYS_IGNORED, ...given.filter((entry) => !entry.includes('/'))]);
  const paths = new Set(
    given.filter((entry) => entry.includes('/')).map((entry) => entry.replace(/^\.\//, '')),
  );
  return (path) => paths.has(path) || names.has(path.slice(path.lastIndexOf('/') + 1));
}

function assertUsable(root: string, path: string, child: Dirent): void {
  const where = JSON.stringify(join(root, path));
  if (path.includes('\uFFFD')) throw refused(`the name of ${where} is not valid UTF-8`, 'Rename it');
  if (child.isFile() || child.isDirectory() || child.isSymbolicLink()) return;
  throw refused(`${where} is neither a file nor a folder nor a link`, 'Remove it');
}

async function scanEntry(root: string, path: string): Promise<FolderEntry> {
  const file = join(root, path);
  const stats = lstatSync(file, { bigint: true });
  const version = versionFrom(stats);
  if (stats.isDirectory()) return { path, kind: 'folder', size: 0, content: '', version };
  if (stats.isSymbolicLink()) {
    return { path, kind: 'link', size: 0, content: await readInnerLink(root, path), version };
  }
  const kind = (stats.mode & 0o100n) === 0n ? 'file' : 'executable';
  const size = Number(stats.size);
  const content = (size <= SMALL_BYTES ? digestSmallFile(file) : null) ?? (await digestFile(file));
  return { path, kind, size, content, version };
}

/** Where a file was a moment ago there may be a link by now, or a pipe that never ends: neither is followed. */
const READ_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

let smallFile: Buffer | undefined;

/** `null` when it is not small any more. */
function digestSmallFile(path: string): string | null {
  smallFile ??= Buffer.allocUnsafe(SMALL_BYTES + 1);
  const file = openSync(path, READ_FILE);
  try {
    if (!fstatSync(file).isFile()) throw new Error(`${JSON.stringify(path)} is no longer a file`);
    let bytes = 0;
    for (;;) {
      const read = readSync(file, smallFile, bytes, smallFile.length - bytes, null);
      if (read === 0) return createHash('sha256').update(smallFile.subarray(0, bytes)).digest('hex');
      bytes += read;
      if (bytes > SMALL_BYTES) return null;
    }
  } finally {
    closeSync(file);
  }
}

/**
 * SHA-256, hex, of the file's content, which is read in parts.
 * @throws Error when it is a link, or no regular file
 */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, READ_FILE);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`${JSON.stringify(path)} is no longer a file`);
    const { size } = stats;
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(size + 1, 1), CHUNK_BYTES));
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** Where the link points, which must be inside the folder, both as written and as followed. */
async function readInnerLink(root: string, path: string): Promise<string> {
  const target = await readlink(join(root, path));
  const written = resolve(dirname(join(root, path)), target);
  const followed = await realpath(join(root, path)).catch(() => written);
  if (!isAbsolute(target) && isInside(root, written) && isInside(root, followed)) return target;
  throw refused(
    `the link ${JSON.stringify(join(root, path))} points out of the folder, to ${JSON.stringify(target)}`,
    'Replace it by a copy or by a relative link to something inside',
  );
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function refused(message: string, remedy: string): OperationError {
  return new OperationError(message, {
    retryable: false,
    remedy: `${remedy}, or list it under \`ignore\`.`,
  });
}

function digestOf(entries: readonly FolderEntry[]): string {
  const hash = createHash('sha256');
  // No path and no link can hold a NUL, so no two folders give the same text.
  for (const { path, kind, content } of entries) hash.update(`${kind}\0${path}\0${content}\0`);
  return hash.digest('hex');
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
