/**
 * Packs what a host with a certain base lacks of a release: once, into a file that is sent to all such hosts, so
 * that the memory this takes depends on neither the release nor the number of hosts.
 */
import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationError } from '../../errors.ts';
import { storeError } from '../process/store-error.ts';
import { type Compression, compress } from './compression.ts';
import {
  contentsDigest,
  type Difference,
  differenceOf,
  freshLines,
  inventoryDigest,
  type ManifestEntry,
  type ReleaseManifest,
} from './release-manifest.ts';
import { padding, tarEnd, tarFile, tarHeader } from './tar.ts';

const CHUNK_BYTES = 256 * 1024;
/** What a pipe takes: more would only wait. */
const SEND_BYTES = 64 * 1024;
const DISK_BLOCK_BYTES = 4096;
const READ_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface ArchiveOrder {
  /** Where the release's files are: absolute. */
  readonly folder: string;
  readonly manifest: ReleaseManifest;
  /** Of what the hosts have, `null` where they have nothing that helps. */
  readonly base: ReleaseManifest | null;
  /** Files of `meta/`, by name. No secrets. */
  readonly meta: Readonly<Record<string, string>>;
  readonly compression: Compression;
}

export interface Archive extends AsyncDisposable {
  /** Compressed. */
  readonly bytes: number;
  /** `contentsDigest` of all files in it. */
  readonly sent: string;
  /** `inventoryDigest` of the release, once this is unpacked over the base. */
  readonly inventory: string;
  /** What it takes on the host's disk. */
  readonly diskBytes: number;
  /** In pieces that share their memory. */
  read(): AsyncIterable<Uint8Array>;
}

/**
 * @throws OperationError when a file is no longer what it was when the release was made, or cannot be read
 */
export async function packArchive(order: ArchiveOrder, signal: AbortSignal): Promise<Archive> {
  const difference = differenceOf(order.manifest, order.base);
  const { added } = difference;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ssh-'));
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'archive');
    await compress(
      content(order, difference),
      order.compression,
      createWriteStream(file, { mode: 0o600 }),
      signal,
    );
    return {
      bytes: (await stat(file)).size,
      sent: contentsDigest(added.filter(isFile)),
      inventory: inventoryDigest(order.manifest, order.base === null ? [] : freshLines(added)),
      diskBytes: diskBytesOf(added),
      read: () => piecesOf(file),
      [Symbol.asyncDispose]: discard,
    };
  } catch (error) {
    await discard();
    signal.throwIfAborted();
    throw storeError(`${order.folder} cannot be packed`, error);
  }
}

/** Memory that were new for each piece would pile up: it all goes through here once a host. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow(SEND_BYTES);
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, SEND_BYTES);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* content({ folder, meta }: ArchiveOrder, difference: Difference): AsyncGenerator<Buffer> {
  const { added, removed, listed, unlisted } = difference;
  const files = added.filter(isFile);
  yield tarFile({ path: 'remove' }, ended(removed, '\0'));
  yield tarFile(
    { path: 'sent' },
    ended(
      files.map(({ path }) => path),
      '\0',
    ),
  );
  yield tarFile({ path: 'fresh' }, ended(freshLines(added), '\n'));
  yield tarFile({ path: 'listed' }, ended(listed, '\n'));
  yield tarFile({ path: 'unlisted' }, ended(unlisted, '\n'));
  yield tarHeader({ path: 'meta', kind: 'folder', size: 0 });
  for (const [name, text] of Object.entries(meta)) yield tarFile({ path: `meta/${name}` }, text);
  if (added.length > 0) yield tarHeader({ path: 'files', kind: 'folder', size: 0 });
  const now = Math.floor(Date.now() / 1000);
  for (const entry of added) {
    const path = `files/${entry.path}`;
    if (isFile(entry)) yield* fileContent(join(folder, entry.path), path, entry, now);
    else yield tarHeader({ path, kind: entry.kind, size: 0, link: entry.content });
  }
  yield tarEnd();
}

async function* fileContent(
  source: string,
  path: string,
  entry: ManifestEntry,
  now: number,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const file = await open(source, READ_FILE).catch((error: unknown) => error as NodeJS.ErrnoException);
  if (file instanceof Error) throw file.code === 'ENOENT' || file.code === 'ELOOP' ? changed(source) : file;
  try {
    const { size, mtimeMs } = await file.stat();
    const modifiedAt = Math.max(0, Math.min(now, Math.floor(mtimeMs / 1000)));
    if (size !== entry.size) throw changed(source);
    yield tarHeader({ path, kind: entry.kind, size, modifiedAt });
    let left = size;
    while (left > 0) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES)));
      if (bytesRead === 0) throw changed(source);
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      left -= bytesRead;
      yield chunk;
    }
    if (hash.digest('hex') !== entry.content) throw changed(source);
    yield padding(size);
  } finally {
    await file.close();
  }
}

function isFile({ kind }: ManifestEntry): boolean {
  return kind === 'file' || kind === 'executable';
}

function ended(items: readonly string[], end: string): string {
  return items.map((item) => `${item}${end}`).join('');
}

function diskBytesOf(entries: readonly ManifestEntry[]): number {
  const blocks = entries.map(({ size }) => Math.ceil(size / DISK_BLOCK_BYTES) + 1);
  return blocks.reduce((sum, count) => sum + count, 0) * DISK_BLOCK_BYTES;
}

function changed(file: string): OperationError {
  return new OperationError(`${file} has changed since the plan was made`, {
    retryable: false,
    remedy: 'Plan again, so that what is deployed is what was planned.',
  });
}
