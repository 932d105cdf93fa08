/**
 * The log files of the instances, and of the supervisor itself: kept from growing without bound.
 *
 * The instances write to them directly, so that they go on when the supervisor is gone. So a file that has
 * grown too long cannot be replaced: it is copied to `<file>.1` (the former `.1` becoming `.2`, and so on) and
 * then cut to nothing. What is written in the microseconds between the end of the copy and the cut is lost.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, truncate, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Hide, hideNothing } from '../domain/secret-text.ts';
import { messageOf } from '../errors.ts';
import { targetFileName } from './protocol.ts';
import { replaceFile } from './replace-file.ts';

export interface LogLimits {
  /** Size at which a log file is rotated. Default 10 MB. */
  readonly maxBytes: number;
  /** Log files kept of one instance, the current one included. Default 5. */
  readonly maxFiles: number;
  /** Time between two looks at the sizes. Default 1000. */
  readonly intervalMs: number;
}

const DEFAULT_LOG_LIMITS: LogLimits = { maxBytes: 10_000_000, maxFiles: 5, intervalMs: 1_000 };

/** Where the log of a release on a target is. */
export function logPath(stateDir: string, service: string, target: string, release: string): string {
  return join(stateDir, 'logs', service, targetFileName(target), `${release}.log`);
}

/**
 * Deletes the logs of a service on a target, but for those of the releases in `keep`, and for the one of the
 * others that was written to last: when that release has just failed, it is about to be read.
 * @param hidingOf what nobody may see of the log of a release: taken out of the one that stays, since its secrets
 *   are about to be deleted, and then nobody can tell them any more
 */
export async function removeLogs(
  stateDir: string,
  service: string,
  target: string,
  keep: ReadonlySet<string>,
  hidingOf: (release: string) => Promise<Hide> = async () => hideNothing,
): Promise<void> {
  const folder = dirname(logPath(stateDir, service, target, 'any'));
  const files = await readdir(folder).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
  const old = files.filter((file) => {
    const release = releaseOfLog(file);
    return release !== null && !keep.has(release);
  });
  const last = await writtenLast(folder, old);
  const hide = last === null ? hideNothing : await hidingOf(last);
  for (const file of old) {
    if (releaseOfLog(file) !== last) await rm(join(folder, file), { force: true });
    else if (hide !== hideNothing) await rewrite(folder, file, hide);
  }
}

/** Only of a release that has ended: nobody writes to it. Its time stays, which tells whose was written to last. */
async function rewrite(folder: string, file: string, hide: Hide): Promise<void> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  const hidden = hide(text);
  if (hidden === text) return;
  const { atime, mtime } = await stat(path);
  await replaceFile(folder, file, hidden);
  await utimes(path, atime, mtime);
}

function releaseOfLog(file: string): string | null {
  return /^(.*)\.log(?:\.\w+)?$/.exec(file)?.[1] ?? null;
}

/** The release whose log was written to last; `null` when there is none. */
async function writtenLast(folder: string, files: readonly string[]): Promise<string | null> {
  let last: { readonly release: string | null; readonly at: number } | null = null;
  for (const file of files) {
    // Another controller may delete it at the same time.
    const at = (await stat(join(folder, file)).catch(() => null))?.mtimeMs ?? 0;
    if (last === null || at > last.at) last = { release: releaseOfLog(file), at };
  }
  return last?.release ?? null;
}

export class LogFiles {
  readonly #limits: LogLimits;
  readonly #report: (line: string) => void;
  readonly #watched = new Set<string>();
  readonly #rotating = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(report: (line: string) => void, limits: LogLimits = DEFAULT_LOG_LIMITS) {
    this.#limits = limits;
    this.#report = report;
    this.#timer = setInterval(() => this.#look(), limits.intervalMs);
    this.#timer.unref();
  }

  /** Opens the file for a child to write to, and keeps an eye on its size from now on. */
  async open(file: string): Promise<number> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
    this.watch(file);
    return descriptor;
  }

  watch(file: string): void {
    this.#watched.add(file);
  }

  unwatch(file: string): void {
    this.#watched.delete(file);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const file of this.#watched) {
      if (this.#rotating.has(file) || sizeOf(file) < this.#limits.maxBytes) continue;
      this.#rotating.add(file);
      void this.#rotate(file).finally(() => this.#rotating.delete(file));
    }
  }

  async #rotate(file: string): Promise<void> {
    try {
      await rotate(file, this.#limits.maxFiles);
    } catch (error) {
      if (sizeOf(file) < this.#limits.maxBytes * 2) return;
      // Better to lose old lines than to fill the disk, which may be what keeps them from being copied.
      await truncate(file).catch(() => {});
      this.#report(`${file} was cut without a copy: ${messageOf(error)}`);
    }
  }
}

/** Moves what is in the file to `<file>.1`, keeping `maxFiles` in all. */
export async function rotate(file: string, maxFiles: number): Promise<void> {
  await rm(`${file}.${maxFiles - 1}`, { force: true });
  for (let number = maxFiles - 2; number >= 1; number -= 1) {
    await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(ignoreMissing);
  }
  const copy = `${file}.rotating`;
  await rm(copy, { force: true });
  await copyFile(file, copy, constants.COPYFILE_FICLONE);
  copyRestAndTruncate(file, copy);
  // Last, because a follower takes a new `.1` as the sign that the file begins anew.
  renameSync(copy, `${file}.1`);
}

/** In one go, without giving anything else a turn, so that as little as possible is written meanwhile. */
function copyRestAndTruncate(file: string, copy: string): void {
  const source = openSync(file, 'r+');
  const destination = openSync(copy, 'a');
  try {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    let position = fstatSync(destination).size;
    for (;;) {
      const bytes = readSync(source, buffer, 0, buffer.length, position);
      if (bytes === 0) break;
      writeSync(destination, buffer, 0, bytes);
      position += bytes;
    }
    ftruncateSync(source, 0);
  } finally {
    closeSync(source);
    closeSync(destination);
  }
}

/** 0 also where it cannot be told: there is nothing to be done about such a file. */
function sizeOf(file: string): number {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
