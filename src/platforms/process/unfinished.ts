/**
 * Folders that are being made or removed: under names that say which process is at it, so that what a killed
 * one has left can be told from what a living one works on.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from './files.ts';

const NAME = /^\.(?:new|old)-(\d+)-/;

/** What this process is at work on, in whatever store of it. */
const own = new Set<string>();

/** A name in the folder for something unfinished; whatever has it when `work` is over is removed. */
export async function withUnfinished(
  folder: string,
  kind: 'new' | 'old',
  work: (path: string) => Promise<void>,
): Promise<void> {
  const name = `.${kind}-${process.pid}-${randomUUID()}`;
  own.add(name);
  try {
    await work(join(folder, name));
  } finally {
    await rm(join(folder, name), { recursive: true, force: true });
    own.delete(name);
  }
}

/** Removes what processes that are gone have left unfinished in the folder. */
export async function sweepUnfinished(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0);
    if (pid === 0 || own.has(name) || (pid !== process.pid && isAlive(pid))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
