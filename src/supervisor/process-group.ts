/**
 * Ending a process group: everything that an instance has started, except what has left the group on purpose.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../errors.ts';
import { groupMembers, identifyProcess } from './process-identity.ts';

const FIRST_LOOK_MS = 5;
const LONGEST_LOOK_MS = 100;
/** What survives SIGKILL for so long hangs in the kernel, such as on a dead network disk. */
const KILL_TIMEOUT_MS = 5_000;

/**
 * Asks the group to end (SIGTERM), kills what is left of it after `timeoutMs` (SIGKILL), and resolves when
 * nothing of it lives.
 * @throws OperationError when something of it cannot be killed
 */
export async function endGroup(group: number, timeoutMs: number): Promise<void> {
  signalGroup(group, 'SIGTERM');
  // A stopped process would only see SIGTERM once it goes on.
  signalGroup(group, 'SIGCONT');
  if (await groupEnds(group, timeoutMs)) return;
  signalGroup(group, 'SIGKILL');
  if (await groupEnds(group, KILL_TIMEOUT_MS)) return;
  throw new OperationError(`process group ${group} does not end, not even by SIGKILL`, {
    remedy: 'It hangs in the kernel, often on a disk that does not answer: see `ps -o pid,stat,wchan,args`.',
  });
}

async function groupEnds(group: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  let pauseMs = FIRST_LOOK_MS;
  while (await groupLives(group)) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    await sleep(Math.min(pauseMs, leftMs));
    pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_MS);
  }
  return true;
}

/** Whether anything but zombies is left of the group. */
export async function groupLives(group: number): Promise<boolean> {
  if (!signalGroup(group, 0)) return false;
  // The leader is looked at first: reading one file is cheaper than reading the whole process table.
  if ((await identifyProcess(group)) !== null) return true;
  // A zombie counts as a member until its parent collects it, which may be never.
  return process.platform === 'linux' ? groupMembers(group).length > 0 : true;
}

/** Signals every member; false when there is none. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    // EPERM: there is one, and it belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
