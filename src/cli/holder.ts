/** Who holds a lease, in words that people and this file can read: `ann@laptop pid 4711 3f9a1c`. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { whoami } from '../project/project.ts';

/** A name that no other controller has, also where a pid is used again. */
export function holderName(): string {
  return `${whoami()} pid ${process.pid} ${randomBytes(3).toString('hex')}`;
}

/** Whether the holder was a process of this machine that no longer exists. */
export function isHolderGone(holder: string): boolean {
  const match = /@(\S+) pid (\d+) [0-9a-f]{6}$/.exec(holder);
  if (match === null || match[1] !== hostname()) return false;
  try {
    process.kill(Number(match[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
