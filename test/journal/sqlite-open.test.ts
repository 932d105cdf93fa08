import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MIGRATIONS, migrate } from '../../src/journal/sqlite/migrations.ts';
import { openDatabase } from '../../src/journal/sqlite/open-database.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { begin, examplePlan, NOW, request } from '../../src/testing/journal-fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A closed journal with one deployment. */
async function makeJournal(file: string): Promise<void> {
  await using journal = await SqliteJournal.open({ file });
  await begin(journal);
}

/** The files of a folder, each with a digest of its content. */
async function contentOf(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  return await Promise.all(
    files.map(async ({ name }) => {
      const content = await readFile(`${folder}/${name}`);
      return `${name} ${createHash('sha256').update(content).digest('hex')}`;
    }),
  );
}

/**
 * Opens what must be refused: with this message after the file's name, and with nothing changed. Reading may
 * leave SQLite's empty helper files.
 */
async function expectRefused(folder: string, file: string, what: string, readonly = false): Promise<void> {
  const before = await contentOf(folder);
  await expect(SqliteJournal.open({ file, readonly })).rejects.toMatchObject({
    code: 'JOURNAL',
    message: `The journal ${file} ${what}`,
    remedy: expect.stringMatching(/\w{3}/),
  });
  const after = await contentOf(folder);
  expect(readonly ? after.slice(0, before.length) : after).toEqual(before);
}

describe('opening a journal', () => {
  test('makes file and folder for this user only', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/deep/.sluice/journal.db`;
    await using journal = await SqliteJournal.open({ file });
    await begin(journal);
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await modeOf(`${folder.path}/deep/.sluice`)).toBe('700');
    for (const path of [file, `${file}-wal`, `${file}-shm`]) expect(await modeOf(path)).toBe('600');
    expect(journal.file).toBe(file);
  });

  test('sets what makes it durable, and its format', async () => {
    await using folder = await temporaryFolder();
    const db = await openDatabase({ file: `${folder.path}/journal.db` });
    const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout', 'user_version'];
    const values = settings.map((setting) => db.pragma(setting, { simple: true }));
    const FULL = 2;
    expect(values).toEqual(['wal', FULL, 1, 5_000, MIGRATIONS.length]);
    db.close();
  });

  test('many at once, of a file that is not there yet, all get the same journal', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    const journals = await Promise.all(Array.from({ length: 8 }, () => SqliteJournal.open({ file })));
    const { id } = await begin(journals[0]!);
    for (const journal of journals) {
      expect(await journal.read(id)).toHaveLength(1);
      await journal.close();
    }
  });

  test('refuses a folder', async () => {
    await using folder = await temporaryFolder();
    await mkdir(`${folder.path}/journal.db`);
    await expectRefused(folder.path, `${folder.path}/journal.db`, 'is a folder, not a file');
  });

  test('refuses a file below a file', async () => {
    await using folder = await temporaryFolder();
    await writeFile(`${folder.path}/file`, '');
    const file = `${folder.path}/file/journal.db`;
    await expectRefused(folder.path, file, 'cannot be made: something on its path is not a folder');
  });

  test.each([
    ['text', 'this is not a database\n'.repeat(100)],
    ['a few bytes', 'SQL'],
  ])('refuses what is no database: %s', async (_, content) => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await writeFile(file, content);
    const what = 'is not a journal of Sluice, nor any SQLite database';
    await expectRefused(folder.path, file, `${what} (SQLITE_NOTADB: file is not a database)`);
    await expectRefused(folder.path, file, `${what} (SQLITE_NOTADB: file is not a database)`, true);
  });

  test('refuses a database of something else', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    new Database(file).exec('CREATE TABLE person (name TEXT)').close();
    await expectRefused(folder.path, file, 'is an SQLite database of something else');
  });

  test('refuses a journal of a newer Sluice, naming both formats', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await makeJournal(file);
    const newer = MIGRATIONS.length + 1;
    new Database(file).exec(`PRAGMA user_version = ${newer}`).close();
    const what = `has format ${newer}; this Sluice knows formats up to ${MIGRATIONS.length}`;
    await expectRefused(folder.path, file, what);
    await expectRefused(folder.path, file, what, true);
  });

  test.each([
    ['in the middle of a page', -100, /^is damaged: it is cut off after \d+ bytes$/],
    ['between two pages', -4_096, /^is damaged \(SQLITE_CORRUPT: database disk image is malformed\)$/],
  ])('refuses a journal cut off %s', async (_, bytes, message) => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await makeJournal(file);
    await truncate(file, (await stat(file)).size + bytes);
    const before = await contentOf(folder.path);
    const error = await SqliteJournal.open({ file }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'JOURNAL', remedy: expect.stringContaining('backup') });
    expect((error as Error).message.replace(`The journal ${file} `, '')).toMatch(message);
    expect(await contentOf(folder.path)).toEqual(before);
  });

  test('refuses an emptied journal whose log still holds something', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await writeFile(file, '');
    await writeFile(`${file}-wal`, 'events');
    const what = `is damaged: it is empty, yet its log beside it (${file}-wal) is not`;
    await expectRefused(folder.path, file, what);
  });

  test('refuses the file of another user', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await makeJournal(file);
    const { uid } = await stat(file);
    vi.spyOn(process as Required<typeof process>, 'geteuid').mockReturnValue(uid + 1);
    const what = `belongs to another user (uid ${uid}; this is uid ${uid + 1})`;
    await expectRefused(folder.path, file, what);
  });
});

describe('opening a journal to read only', () => {
  test('reads, also while another writes, and refuses to write', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using writer = await SqliteJournal.open({ file });
    const { id } = await begin(writer);
    await using reader = await SqliteJournal.open({ file, readonly: true });
    expect(await reader.read(id)).toEqual(await writer.read(id));
    await expect(reader.acquire(request('bob'))).rejects.toMatchObject({
      code: 'JOURNAL',
      message: `The journal ${file} cannot be written by this user (SQLITE_READONLY: attempt to write a readonly database)`,
    });
    await expect(reader.savePlan(examplePlan())).rejects.toMatchObject({ code: 'JOURNAL' });
  });

  test('makes nothing where there is no journal', async () => {
    await using folder = await temporaryFolder();
    await expectRefused(folder.path, `${folder.path}/journal.db`, 'does not exist', true);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('refuses an older format, which it could not bring up to date', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await writeFile(file, '');
    const what = `has format 0, older than format ${MIGRATIONS.length} of this Sluice`;
    await expectRefused(folder.path, file, what, true);
  });
});

describe('migrating', () => {
  const FIRST = 'CREATE TABLE one (a INTEGER)';
  const SECOND = 'CREATE TABLE two (a INTEGER); INSERT INTO two SELECT a FROM one';

  function tablesOf(db: Database.Database): unknown[] {
    return db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
  }

  test('applies what is missing, in order, and nothing twice', () => {
    const db = new Database(':memory:');
    migrate(db, 'journal.db', [FIRST]);
    expect(tablesOf(db)).toEqual(['one']);
    db.exec('INSERT INTO one VALUES (7)');
    migrate(db, 'journal.db', [FIRST, SECOND]);
    migrate(db, 'journal.db', [FIRST, SECOND]);
    expect(db.prepare('SELECT a FROM two').pluck().all()).toEqual([7]);
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    db.close();
  });

  test('that fails changes nothing', () => {
    const db = new Database(':memory:');
    expect(() => migrate(db, 'journal.db', [FIRST, 'CREATE TABLE two (a INTEGER); nonsense'])).toThrow(
      'syntax error',
    );
    expect(tablesOf(db)).toEqual([]);
    expect(db.pragma('user_version', { simple: true })).toBe(0);
    expect(db.pragma('application_id', { simple: true })).toBe(0);
    db.close();
  });
});

describe('a journal of the first format', () => {
  /** As the Sluice before wrote it: two deployments and a saved plan, one of another service half broken. */
  function writeFirstFormat(file: string): void {
    const db = new Database(file);
    migrate(db, file, MIGRATIONS.slice(0, 1));
    const plan = examplePlan();
    const event = { type: 'deployment-created', at: NOW, plan, by: 'ann' };
    const add = db.prepare(
      `INSERT INTO deployment (id, number, service, environment, version, release_id, strategy, targets,
         created_by, created_at, ended_at, phase, outcome, reason, seq)
       VALUES (?, ?, ?, 'production', '1.0.0', ?, 'all-at-once', 2, 'ann', ?, ?, ?, ?, NULL, 1)`,
    );
    add.run('api-1', 1, 'api', plan.release.id, NOW, NOW + 1, 'ended', 'completed');
    add.run('api-2', 2, 'api', plan.release.id, NOW, null, 'running', null);
    add.run('web-7', 7, 'web', plan.release.id, NOW, NOW + 1, 'ended', 'failed');
    const addEvent = db.prepare('INSERT INTO event (deployment, seq, event) VALUES (?, 1, ?)');
    for (const position of [1, 2]) addEvent.run(position, JSON.stringify(event));
    addEvent.run(3, '{"type":');
    db.prepare('INSERT INTO plan (digest, plan) VALUES (?, ?)').run(plan.digest, JSON.stringify(plan));
    db.close();
  }

  test('is brought up to date, with all that is in it', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    writeFirstFormat(file);
    await using journal = await SqliteJournal.open({ file });
    const { digest } = examplePlan();
    expect((await journal.list()).map(({ id, plan, outcome }) => [id, plan, outcome])).toEqual([
      ['web-7', '', 'failed'],
      ['api-2', digest, null],
      ['api-1', digest, 'completed'],
    ]);
    expect(await journal.plan('api-1')).toEqual(examplePlan());
    expect(await journal.loadPlan(digest)).toEqual(examplePlan());
    expect(await journal.savedPlans({ service: 'api', environment: 'production' })).toEqual([
      { digest, version: '1.0.0', createdAt: NOW },
    ]);
    const lease = await journal.acquire(request('ann@one pid 1', { service: 'web' }));
    await journal.remove({ deployments: ['web-7'], plans: [] }, lease);
    expect(await journal.sweep()).toBe(1);
    expect((await begin(journal, { service: 'web' })).id).toBe('web-8');
    expect((await begin(journal)).id).toBe('api-3');
  });

  test('goes on counting where the Sluice before, which still has it open, has counted', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    writeFirstFormat(file);
    await using journal = await SqliteJournal.open({ file });
    const db = new Database(file);
    db.exec(
      `INSERT INTO deployment (id, number, service, environment, version, release_id, strategy, targets,
         created_by, created_at, phase, seq)
       VALUES ('api-3', 3, 'api', 'production', '1.0.0', 'x', 'rolling', 2, 'ann', 1, 'running', 1)`,
    );
    db.close();
    expect((await begin(journal)).id).toBe('api-4');
  });
});
