/**
 * A lock that one process of this machine holds for as long as it lives, and that needs no cleaning when it
 * was killed.
 *
 * The lock is a row of files `<name>.1`, `<name>.2`, ...; whoever is named in the highest one holds it, if it
 * still lives. To take over from a dead holder a process creates the next number, which only one can. No
 * file is ever replaced, and the highest is never removed, so there is no moment in which a slow process
 * could remove what a quick one has just created.
 */
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess } from './process-identity.ts';

/** The process that holds the lock. */
export interface LockHolder {
  readonly pid: number;
}

/** Takes the lock, or tells who has it; `null` means that this process holds it now, until it ends. */
export async function takeLock(folder: string, name: string): Promise<LockHolder | null> {
  const candidate = join(folder, `${name}.candidate-${randomUUID()}`);
  const identity = await identifyProcess(process.pid);
  // Written in full before it gets its name, so that nobody ever reads half of it.
  await writeFile(candidate, JSON.stringify({ pid: process.pid, identity }), { mode: 0o600 });
  try {
    for (;;) {
      const highest = (await numbersOf(folder, name)).at(-1) ?? 0;
      const holder = await livingHolder(join(folder, `${name}.${highest}`));
      if (holder !== null) return holder;
      if (!(await created(candidate, join(folder, `${name}.${highest + 1}`)))) continue;
      const numbers = await numbersOf(folder, name);
      if (numbers.at(-1) !== highest + 1) {
        // Others went through this and removed the numbers below theirs, ours among them, before we came.
        await rm(join(folder, `${name}.${highest + 1}`), { force: true });
        continue;
      }
      for (const old of numbers.slice(0, -1)) await rm(join(folder, `${name}.${old}`), { force: true });
      return null;
    }
  } finally {
    await rm(candidate, { force: true });
  }
}

async function numbersOf(folder: string, name: string): Promise<number[]> {
  const files = await readdir(folder);
  const numbers = files
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => file.slice(name.length + 1))
    .filter((rest) => /^[1-9]\d*$/.test(rest))
    .map(Number);
  return numbers.toSorted((a, b) => a - b);
}

async function livingHolder(file: string): Promise<LockHolder | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  let holder: { pid?: unknown; identity?: unknown };
  try {
    holder = JSON.parse(text) as typeof holder;
  } catch {
    return null; // lost its content with the machine's power: its holder is gone too
  }
  if (typeof holder.pid !== 'number') return null;
  return (await identifyProcess(holder.pid)) === holder.identity ? { pid: holder.pid } : null;
}

async function created(from: string, file: string): Promise<boolean> {
  try {
    await link(from, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
