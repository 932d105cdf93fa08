/**
 * The journal's file before SQLite sees it: made with tight modes, and refused when it is not what it should
 * be. The file is only ever looked at with `stat`: closing any descriptor of it in this process would drop
 * the locks that SQLite holds on it for other handles (POSIX advisory locks belong to the process).
 */
import { closeSync, constants, openSync } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { damaged, journalFault } from './faults.ts';

/**
 * Makes the file, and its folder, where there is none: 0600 and 0700, whatever the umask is. SQLite gives
 * its log and index beside the file the same mode.
 */
export async function createFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Opened and closed in one go: no other handle of this process can get between, see above.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/**
 * Rejects unless this is a file of ours that may be read, and written unless `readonly`.
 * @throws JournalError, or what the file system says
 */
export async function assertUsableFile(file: string, readonly: boolean): Promise<void> {
  // The log first: SQLite writes the file before it, so that one with a log is never empty, unless it was
  // cut; SQLite would then throw the log away, and all that is in it.
  const logBytes = await sizeOf(`${file}-wal`);
  const found = await stat(file);
  if (!found.isFile()) {
    const what = found.isDirectory() ? 'is a folder, not a file' : 'is not a regular file';
    throw journalFault(file, { what, remedy: 'Move it away, or keep the journal in another file.' });
  }
  const user = process.geteuid?.() ?? found.uid;
  if (found.uid !== user) {
    throw journalFault(file, {
      what: `belongs to another user (uid ${found.uid}; this is uid ${user})`,
      remedy: `Run as that user (\`sudo -u '#${found.uid}' ...\`), or change the owner of the folder and all in it.`,
    });
  }
  if (found.size === 0 && logBytes > 0) {
    throw damaged(file, `it is empty, yet its log beside it (${file}-wal) is not`);
  }
  await access(file, readonly ? constants.R_OK : constants.R_OK | constants.W_OK);
}

/** Rejects when the file ends in the middle of a page, which SQLite would read as if it went on with zeros. */
export async function assertWholePages(file: string, pageBytes: number): Promise<void> {
  // What a log holds may not have reached the file yet; SQLite completes the file from it.
  if ((await sizeOf(`${file}-wal`)) > 0) return;
  const { size } = await stat(file);
  if (size % pageBytes !== 0) throw damaged(file, `it is cut off after ${size} bytes`);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}
