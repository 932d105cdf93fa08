/** Who holds a lease, in words that people and this file can read: `ann@laptop pid 4711`. */
import { hostname } from 'node:os';
import { whoami } from '../project/project.ts';

export function holderName(): string {
  return `${whoami()} pid ${process.pid}`;
}

/** Whether the holder was a process of this machine that no longer exists. */
export function isHolderGone(holder: string): boolean {
  const match = /@(\S+) pid (\d+)$/.exec(holder);
  if (match === null || match[1] !== hostname()) return false;
  try {
    process.kill(Number(match[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
