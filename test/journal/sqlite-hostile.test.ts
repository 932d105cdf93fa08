/** A journal that somebody else wrote into: an error that says what and where, and nothing is changed. */
import { execFileSync } from 'node:child_process';
import { copyFile, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { JournalError, SluiceError } from '../../src/errors.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { begin, examplePlan } from '../../src/testing/journal-fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A closed journal with one deployment, a signal and a plan, in a folder of its own, after these statements. */
async function edited(folder: string, sql = ''): Promise<string> {
  const file = `${folder}/journal.db`;
  await using journal = await SqliteJournal.open({ file });
  const { id } = await begin(journal);
  await journal.signal(id, { signal: 'pause', by: 'ann' }, 1);
  await journal.savePlan(examplePlan());
  await journal.close();
  const db = new Database(file);
  db.exec(sql);
  db.close();
  return file;
}

/** Everything that can be read. */
async function readAll(file: string): Promise<void> {
  await using journal = await SqliteJournal.open({ file });
  await journal.list();
  await journal.read('api-1');
  await journal.signals('api-1', 0);
  await journal.loadPlan(examplePlan().digest.slice(0, 8));
}

const DAMAGED = 'The journal was damaged or edited: restore it from a backup.';
const event = (json: string) => `UPDATE event SET event = '${json}'`;

describe('rows of somebody else', () => {
  test.each([
    ['not JSON', event('{"type":'), 'Event 1 of api-1 is not valid JSON'],
    ['another shape', event('[1]'), 'Event 1 of api-1 is not an event'],
    ['nothing', event('null'), 'Event 1 of api-1 is not an event'],
    [
      'not all of an event',
      event('{"type":"paused","at":1}'),
      'Event 1 of api-1 (paused) has no `cause` that makes sense',
    ],
    [
      'not all of a plan',
      event('{"type":"deployment-created","at":1,"by":"x","plan":{}}'),
      'Event 1 of api-1 (deployment-created) has no `plan` that makes sense',
    ],
    ['another number', 'UPDATE event SET seq = 7', 'Event 1 of api-1 is missing'],
    ['a gap', 'UPDATE deployment SET seq = 3', 'Event 2 of api-1 is missing'],
    ['no event at all', 'DELETE FROM event', 'Event 1 of api-1 is missing'],
    [
      'bytes that are no text',
      "UPDATE event SET event = CAST(x'00ff80' AS TEXT)",
      'Event 1 of api-1 is not valid JSON',
    ],
    [
      'a signal that is none',
      `UPDATE signal SET signal = '{"signal":"explode","by":"x"}'`,
      'Signal 1 of api-1 is not a signal',
    ],
    [
      'a plan that is none',
      `UPDATE plan SET plan = '{"service":"api"}'`,
      `Plan ${examplePlan().digest} is not a plan`,
    ],
  ])('%s', async (_what, sql, message) => {
    await using folder = await temporaryFolder();
    const file = await edited(folder.path, sql);
    const before = await readFile(file);
    await expect(readAll(file)).rejects.toMatchObject({ code: 'JOURNAL', message, remedy: DAMAGED });
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  test('an event of a newer Sluice', async () => {
    await using folder = await temporaryFolder();
    const file = await edited(folder.path, event('{"type":"beamed-up","at":1}'));
    await expect(readAll(file)).rejects.toMatchObject({
      code: 'JOURNAL',
      message: 'Event 1 of api-1 has the type "beamed-up", unknown to this Sluice',
      remedy: 'A newer Sluice wrote it: update this one.',
    });
  });
});

describe('a file of somebody else', () => {
  test.each([
    ['a table is missing', 'DROP TABLE signal', 'no such table: signal'],
    ['a column is missing', 'ALTER TABLE deployment DROP COLUMN reason', 'no such column: reason'],
  ])('%s', async (_what, sql, detail) => {
    await using folder = await temporaryFolder();
    const file = await edited(folder.path, sql);
    await expect(SqliteJournal.open({ file })).rejects.toMatchObject({
      code: 'JOURNAL',
      message: `The journal ${file} cannot be used (SQLITE_ERROR: ${detail})`,
      remedy: expect.stringContaining('backup'),
    });
  });

  test('a pipe, which would never end', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    execFileSync('mkfifo', [file]);
    await expect(SqliteJournal.open({ file })).rejects.toMatchObject({
      code: 'JOURNAL',
      message: `The journal ${file} is not a regular file`,
    });
  });

  test('a link that leads nowhere; one that leads to a journal is that journal', async () => {
    await using folder = await temporaryFolder();
    const file = await edited(folder.path);
    await symlink('nowhere', `${folder.path}/none.db`);
    await symlink(file, `${folder.path}/link.db`);
    await expect(SqliteJournal.open({ file: `${folder.path}/none.db` })).rejects.toMatchObject({
      code: 'JOURNAL',
    });
    await expect(stat(`${folder.path}/nowhere`)).rejects.toMatchObject({ code: 'ENOENT' });
    await readAll(`${folder.path}/link.db`);
  });

  test('garbage anywhere in it: read, or refused as a damaged journal', async () => {
    await using folder = await temporaryFolder();
    const file = await edited(folder.path);
    const sound = await readFile(file);
    const copy = `${folder.path}/copy.db`;
    let refused = 0;
    for (let at = 0; at < sound.length; at += 1_531) {
      await copyFile(file, copy);
      const broken = Buffer.from(sound);
      broken.fill(at % 251, at, Math.min(at + 700, sound.length));
      await writeFile(copy, broken);
      const error = await readAll(copy).catch((thrown: unknown) => thrown);
      if (error === undefined) continue;
      refused += 1;
      if (!(error instanceof SluiceError)) throw new Error('no error of ours', { cause: error });
      if (!(error instanceof JournalError))
        expect(error.name).toMatch(/^(DeploymentNotFound|InvalidInput)Error$/);
      expect(error.remedy).toMatch(/\w/);
    }
    expect(refused).toBeGreaterThan(3);
  });
});
