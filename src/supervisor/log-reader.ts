/** Reading the log of an instance while it is written and rotated: its last lines, and its lines as they come. */
import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Hide, hideNothing } from '../domain/secret-text.ts';

/** How far back the last lines are looked for, in bytes. */
const MOST_TAIL_BYTES = 1024 * 1024;
/** A longer line is cut in a tail, and handed on in parts when it is followed. */
const LONGEST_LINE = 4_096;
const CHUNK_BYTES = 64 * 1024;
const DEFAULT_INTERVAL_MS = 100;

export interface TailOptions {
  /** What lies beyond is left out. Default nothing. */
  readonly endBytes?: number;
  /** What nobody may see. Default nothing. */
  readonly hide?: Hide;
}

/** The last lines of the log, oldest first, also from `<file>.1` when it was rotated a moment ago. */
export async function tailLines(file: string, lines: number, options: TailOptions = {}): Promise<string[]> {
  const { endBytes = Number.POSITIVE_INFINITY, hide = hideNothing } = options;
  if (lines <= 0) return [];
  const current = await lastLines(file, lines, endBytes);
  const missing = lines - current.length;
  const before = missing > 0 ? await lastLines(`${file}.1`, missing, Number.POSITIVE_INFINITY) : [];
  return [...before, ...current].map((line) => cut(hide(line)));
}

async function lastLines(file: string, lines: number, endBytes: number): Promise<string[]> {
  const handle = await openIfThere(file);
  if (handle === null) return [];
  try {
    const size = Math.min((await handle.stat()).size, endBytes);
    const chunks: Buffer[] = [];
    let start = size;
    let breaks = 0;
    // One break more than lines: the text in front of it is not a whole line.
    while (start > 0 && breaks <= lines && size - start < MOST_TAIL_BYTES) {
      const length = Math.min(CHUNK_BYTES, start);
      start -= length;
      const chunk = await readAt(handle, start, length);
      breaks += countBreaks(chunk);
      chunks.unshift(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    if (text === '') return [];
    const all = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
    return all.slice(-lines);
  } finally {
    await handle.close();
  }
}

export interface FollowOptions {
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** Lines of the past to begin with. Default 0. */
  readonly lines?: number;
  /** Time between two looks. Default 100. */
  readonly intervalMs?: number;
  /** What nobody may see. Default nothing. */
  readonly hide?: Hide;
}

/** The lines of the log as they are written, until the signal; goes on over rotations. */
export async function* followLines(file: string, options: FollowOptions): AsyncGenerator<string, void, void> {
  const follower = new Follower(file);
  const hide = options.hide ?? hideNothing;
  yield* await tailLines(file, options.lines ?? 0, { endBytes: await follower.skipToEnd(), hide });
  while (!options.signal.aborted) {
    yield* (await follower.read()).map(hide);
    await sleep(options.intervalMs ?? DEFAULT_INTERVAL_MS, undefined, { signal: options.signal }).catch(
      () => {},
    );
  }
}

/** How long a file that has become shorter is waited for to be named `.1`; then somebody else has cut it. */
const ROTATION_MS = 500;

class Follower {
  readonly #file: string;
  #position = 0;
  /** Which file `<file>.1` is: another one means that the file was rotated. */
  #rotated: string | null = null;
  #shorterSince: number | null = null;
  /** Bytes, not text: a character may come in two parts. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  /** Leaves out what is there by now; resolves with its size. */
  async skipToEnd(): Promise<number> {
    this.#rotated = await markOf(`${this.#file}.1`);
    this.#position = await sizeOf(this.#file);
    return this.#position;
  }

  /** The whole lines written since the last call. */
  async read(): Promise<string[]> {
    const rotated = await markOf(`${this.#file}.1`);
    // There is none for a moment while the files are renamed.
    if (rotated !== null && rotated !== this.#rotated) {
      const end = await this.#readFrom(`${this.#file}.1`);
      this.#rotated = rotated;
      this.#position = 0;
      return [...end, ...(await this.#readFrom(this.#file))];
    }
    if ((await sizeOf(this.#file)) >= this.#position) {
      this.#shorterSince = null;
      return this.#readFrom(this.#file);
    }
    this.#shorterSince ??= performance.now();
    if (performance.now() - this.#shorterSince > ROTATION_MS) this.#position = 0;
    return [];
  }

  async #readFrom(file: string): Promise<string[]> {
    const handle = await openIfThere(file);
    if (handle === null) return [];
    const lines: string[] = [];
    try {
      for (;;) {
        const chunk = await readAt(handle, this.#position, CHUNK_BYTES);
        if (chunk.length === 0) return lines;
        this.#position += chunk.length;
        lines.push(...this.#split(chunk));
      }
    } finally {
      await handle.close();
    }
  }

  #split(chunk: Buffer): string[] {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      lines.push(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    for (; bytes.length - start >= LONGEST_LINE; start += LONGEST_LINE) {
      lines.push(bytes.toString('utf8', start, start + LONGEST_LINE));
    }
    this.#rest = bytes.subarray(start);
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
}

function cut(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
}

function countBreaks(bytes: Buffer): number {
  let breaks = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) breaks += 1;
  return breaks;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Tells the file from any other that ever had its name: an inode's number alone is used again. */
async function markOf(file: string): Promise<string | null> {
  const stats = await statIfThere(file);
  return stats === null ? null : `${stats.ino}:${stats.mtimeMs}`;
}

async function sizeOf(file: string): Promise<number> {
  return (await statIfThere(file))?.size ?? 0;
}

async function statIfThere(file: string): Promise<Stats | null> {
  try {
    return await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
