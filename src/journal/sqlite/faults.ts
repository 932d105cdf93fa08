/** Turns what SQLite and the file system say into errors for a person: what is wrong, and what to do. */
import Database from 'better-sqlite3';
import { JournalError, SluiceError } from '../../errors.ts';

interface Fault {
  /** What is wrong, after the name of the file. */
  readonly what: string;
  readonly remedy: string;
}

const RESTORE =
  'Restore it from a backup, or move it away to begin a new one: what runs on the targets stays as it is.';

const OTHER_USER = 'Give this user access to the file and its folder, or run as the user they belong to.';

const NOT_ALLOWED: Fault = { what: 'cannot be read or written by this user', remedy: OTHER_USER };
const NOT_WRITABLE: Fault = { what: 'cannot be written by this user', remedy: OTHER_USER };
const NOT_OPENABLE: Fault = {
  what: 'cannot be opened',
  remedy: 'Check that its folder exists and that this user may read and write both.',
};
const NO_FOLDER: Fault = {
  what: 'cannot be made: something on its path is not a folder',
  remedy: 'Move that away, or keep the journal in another folder.',
};
const NOT_USABLE: Fault = { what: 'cannot be used', remedy: RESTORE };
const DISK_FULL: Fault = {
  what: 'cannot grow: the disk is full',
  remedy: 'Free some space and try again; nothing that was acknowledged is lost.',
};
const DISK_FAILED: Fault = {
  what: 'cannot be read or written: the disk reports an error, or a quota is used up',
  remedy: 'Check the disk and its free space, then try again; nothing that was acknowledged is lost.',
};

/** By the beginning of SQLite's result code. */
const SQLITE_FAULTS: readonly (readonly [string, Fault])[] = [
  [
    'SQLITE_BUSY',
    {
      what: 'is being written by another process and did not become free in time',
      remedy: 'Try again; if it stays so, look for a process that has the file open and hangs.',
    },
  ],
  ['SQLITE_FULL', DISK_FULL],
  // Growing the file that the processes share, beside the journal.
  ['SQLITE_IOERR_SHMSIZE', DISK_FULL],
  ['SQLITE_IOERR', DISK_FAILED],
  ['SQLITE_READONLY', NOT_WRITABLE],
  ['SQLITE_CANTOPEN', NOT_OPENABLE],
  ['SQLITE_PERM', NOT_OPENABLE],
  ['SQLITE_CORRUPT', { what: 'is damaged', remedy: RESTORE }],
  ['SQLITE_NOTADB', { what: 'is not a journal of Sluice, nor any SQLite database', remedy: RESTORE }],
];

const FILE_FAULTS: { readonly [errno: string]: Fault } = {
  ENOENT: {
    what: 'does not exist',
    remedy: 'Nothing has been deployed from here yet; check the folder, or deploy something first.',
  },
  ENOTDIR: NO_FOLDER,
  EEXIST: NO_FOLDER,
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: NOT_WRITABLE,
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EIO: DISK_FAILED,
};

/** An error about the journal's file, with the remedy that fits. */
export function journalFault(file: string, fault: Fault, cause?: unknown): JournalError {
  return new JournalError(`The journal ${file} ${fault.what}`, { remedy: fault.remedy, cause });
}

export function damaged(file: string, how: string): JournalError {
  return journalFault(file, { what: `is damaged: ${how}`, remedy: RESTORE });
}

/** The `JournalError` for what SQLite or the file system threw; anything else comes back as it is. */
export function asJournalError(file: string, thrown: unknown): unknown {
  if (thrown instanceof SluiceError || !(thrown instanceof Error)) return thrown;
  const code = 'code' in thrown ? String(thrown.code) : '';
  if (thrown instanceof Database.SqliteError) {
    const known = SQLITE_FAULTS.find(([prefix]) => code.startsWith(prefix))?.[1];
    return journalFault(file, withDetail(known ?? NOT_USABLE, `${code}: ${thrown.message}`), thrown);
  }
  if ('syscall' in thrown) {
    const known = FILE_FAULTS[code];
    return journalFault(file, known ?? withDetail(NOT_OPENABLE, thrown.message), thrown);
  }
  return thrown;
}

function withDetail(fault: Fault, detail: string): Fault {
  return { ...fault, what: `${fault.what} (${detail})` };
}
