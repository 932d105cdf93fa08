/** The folder that all of Sluice's state on this machine lives in, `.sluice`: made, or refused with one clear error. */
import { accessSync, constants, statSync } from 'node:fs';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SupervisorError } from '../errors.ts';

/** Enough that a disk with no block left refuses it. */
const PROBE_BYTES = 4_096;

/**
 * Makes the folder if it is missing and sees to it that only its owner may look into it (mode 0700).
 * @throws SupervisorError when it belongs to somebody else, is not a folder, or cannot be written to
 */
export async function prepareStateDir(stateDir: string): Promise<void> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SupervisorError(`${stateDir} cannot be made: ${reasonOf(error)}`, {
      cause: error,
      remedy: 'Run Sluice in a folder that you may write to.',
    });
  }
  const stats = statSync(stateDir);
  if (!stats.isDirectory()) {
    throw new SupervisorError(`${stateDir} is not a folder`, { remedy: 'Move it away and try again.' });
  }
  const user = process.getuid?.();
  if (user !== undefined && stats.uid !== user) {
    throw new SupervisorError(`${stateDir} belongs to user ${stats.uid}, and this is user ${user}`, {
      remedy: 'Run Sluice as that user, or give the folder to this one with `chown -R`.',
    });
  }
  try {
    if ((stats.mode & 0o077) !== 0) await chmod(stateDir, 0o700);
    accessSync(stateDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SupervisorError(`${stateDir} cannot be written to: ${reasonOf(error)}`, {
      cause: error,
      remedy: 'Make it writable for its owner, with `chmod u+rwx`, on a disk that is not mounted read-only.',
    });
  }
}

/**
 * Tries whether a small file can be written.
 * @throws SupervisorError when the disk is full, or mounted read-only
 */
export async function assertRoom(stateDir: string): Promise<void> {
  const probe = join(stateDir, `.probe-${process.pid}`);
  try {
    const file = await open(probe, 'w', 0o600);
    try {
      await file.write(Buffer.alloc(PROBE_BYTES));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new SupervisorError(`nothing can be written to ${stateDir}: ${reasonOf(error)}`, {
      cause: error,
      remedy: 'Free some space on its disk: `df -h` shows what is left.',
    });
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
      return 'the disk is full';
    case 'EDQUOT':
      return 'the disk quota is used up';
    case 'EROFS':
      return 'the disk is mounted read-only';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file is in its way';
    default:
      return messageOf(error);
  }
}
