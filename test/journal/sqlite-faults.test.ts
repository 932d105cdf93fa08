import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.ts';
import { asJournalError } from '../../src/journal/sqlite/faults.ts';

/** For what a test cannot bring about for real, such as a disk that fails. */
describe('asJournalError', () => {
  test.each([
    ['SQLITE_FULL', 'cannot grow: the disk is full', 'Free some space'],
    ['SQLITE_IOERR_SHMSIZE', 'cannot grow: the disk is full', 'Free some space'],
    ['SQLITE_IOERR_FSYNC', 'cannot be read or written: the disk reports an error', 'Check the disk'],
    ['SQLITE_BUSY_RECOVERY', 'is being written by another process', 'Try again'],
    ['SQLITE_READONLY_DBMOVED', 'cannot be written by this user', 'Give this user access'],
    ['SQLITE_CANTOPEN', 'cannot be opened', 'Check that its folder exists'],
    ['SQLITE_CORRUPT_INDEX', 'is damaged', 'Restore it from a backup'],
    ['SQLITE_MISMATCH', 'cannot be used', 'Restore it from a backup'],
  ])('%s: %s', (code, what, remedy) => {
    const cause = new Database.SqliteError('said SQLite', code);
    const error = asJournalError('/a/journal.db', cause);
    expect(error).toMatchObject({ code: 'JOURNAL', cause, remedy: expect.stringContaining(remedy) });
    const { message } = error as Error;
    expect(message).toMatch(new RegExp(`^The journal /a/journal.db ${what}.* \\(${code}: said SQLite\\)$`));
  });

  test.each([
    ['ENOSPC', 'cannot grow: the disk is full'],
    ['EACCES', 'cannot be read or written by this user'],
    ['EROFS', 'cannot be written by this user'],
    ['EIO', 'cannot be read or written: the disk reports an error, or a quota is used up'],
    ['EMFILE', 'cannot be opened (EMFILE: too many)'],
  ])('%s: %s', (code, what) => {
    const cause = Object.assign(new Error(`${code}: too many`), { code, syscall: 'open' });
    expect(asJournalError('/a/journal.db', cause)).toMatchObject({
      code: 'JOURNAL',
      cause,
      message: `The journal /a/journal.db ${what}`,
    });
  });

  test('leaves what is not about the file as it is', () => {
    for (const thrown of [new InvalidInputError('no'), new TypeError('a bug'), 'text']) {
      expect(asJournalError('/a/journal.db', thrown)).toBe(thrown);
    }
  });
});
