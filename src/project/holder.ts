/**
 * Who holds a lease, and whether that controller is certainly gone: then its lease need not run out. Certain
 * is only what can be seen from here: a process of another machine, another boot, another container or
 * another namespace of pids is never taken for gone.
 */
import { createHash, randomBytes } from 'node:crypto';
import { formatHolder, parseHolder } from '../domain/holder.ts';
import { pidSpace, startOfProcess } from '../supervisor/process-identity.ts';

/** A name that no other controller has, also where a pid is used again. @param who `ann@laptop` */
export function holderName(who: string): string {
  const { pid } = process;
  return formatHolder({
    who,
    pid,
    // Where that cannot be told, nobody will see this one's space again, and so never take it for gone.
    space: digits(8, pidSpace()),
    start: digits(8, startOfProcess(pid)),
    unique: digits(6, null),
  });
}

/** Whether the holder was a process that could be seen from here, and is not there any more. */
export function isHolderGone(holder: string): boolean {
  const parts = parseHolder(holder);
  const here = pidSpace();
  if (parts === null || here === null || parts.space !== digits(8, here)) return false;
  const start = startOfProcess(parts.pid);
  if (start === 'gone') return true;
  return start !== null && parts.start !== digits(8, start);
}

/** Of what it is given, or random for `null`. */
function digits(count: number, text: string | null): string {
  const hex =
    text === null ? randomBytes(8).toString('hex') : createHash('sha256').update(text).digest('hex');
  return hex.slice(0, count);
}
