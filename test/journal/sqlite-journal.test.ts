import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { journalConformance } from '../../src/testing/journal-conformance.ts';
import {
  begin,
  examplePlan,
  NOW,
  type OpenedJournal,
  request,
  stepStarted,
} from '../../src/testing/journal-fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { anyEvent } from './event-arbitraries.ts';

async function open(): Promise<OpenedJournal> {
  const folder = await temporaryFolder();
  const opened: SqliteJournal[] = [];
  const openOne = async () => {
    const journal = await SqliteJournal.open({ file: `${folder.path}/journal.db` });
    opened.push(journal);
    return journal;
  };
  return {
    journal: await openOne(),
    reopen: openOne,
    async close() {
      for (const journal of opened) await journal.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A journal with one deployment of four events, then changed behind its back. */
async function damage(sql: string) {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/journal.db`;
  await using journal = await SqliteJournal.open({ file });
  const { id, lease } = await begin(journal);
  await journal.append(id, 1, [stepStarted(0), stepStarted(1), stepStarted(2)], lease);
  await journal.signal(id, { signal: 'pause', by: 'ann' }, NOW);
  await journal.savePlan({ ...examplePlan(), digest: 'abc' });
  new Database(file).exec(sql).close();
  const messageOf = (error: Error & { code?: string }) => `${error.code}: ${error.message}`;
  return {
    read: await journal.read(id).catch(messageOf),
    readLast: (await journal.read(id, 3).catch(messageOf)).length,
    signals: await journal.signals(id, 0).catch(messageOf),
    plan: await journal.loadPlan('abc').catch(messageOf),
  };
}

describe('SqliteJournal', () => {
  test.each(journalConformance(open))('$name', ({ run }) => run());

  test('events come back exactly as they were appended', async () => {
    await using folder = await temporaryFolder();
    await using journal = await SqliteJournal.open({ file: `${folder.path}/journal.db` });
    const lease = await journal.acquire(request('ann'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 4 }), async (events) => {
        const id = await journal.create(examplePlan(), 'ann', 0, lease);
        await journal.append(id, 1, events, lease);
        expect((await journal.read(id, 1)).map((stored) => stored.event)).toStrictEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  test('a group of which one event cannot be stored is not stored at all', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using journal = await SqliteJournal.open({ file });
    const { id, lease } = await begin(journal);
    new Database(file)
      .exec(
        "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.seq = 3 BEGIN SELECT raise(ABORT, 'no'); END",
      )
      .close();
    await expect(journal.append(id, 1, [stepStarted(0), stepStarted(1)], lease)).rejects.toMatchObject({
      code: 'JOURNAL',
    });
    expect(await journal.read(id, 1)).toEqual([]);
    expect((await journal.summary(id)).seq).toBe(1);
    expect(await journal.append(id, 1, [stepStarted(0)], lease)).toBe(2);
  });

  test('an event that is missing, broken or of a newer Sluice is named', async () => {
    const missing = await damage('DELETE FROM event WHERE seq = 3');
    expect(missing.read).toBe('JOURNAL: Event 3 of api-1 is missing');
    const cut = await damage('DELETE FROM event WHERE seq > 2');
    expect(cut.read).toBe('JOURNAL: Event 3 of api-1 is missing');
    const broken = await damage(`UPDATE event SET event = '{"type":' WHERE seq = 2`);
    expect(broken.read).toBe('JOURNAL: Event 2 of api-1 is not valid JSON');
    expect(broken.readLast).toBe(1);
    const other = await damage(`UPDATE event SET event = '[1]' WHERE seq = 2`);
    expect(other.read).toBe('JOURNAL: Event 2 of api-1 is not an event');
    const newer = await damage(`UPDATE event SET event = '{"type":"teleported","at":1}' WHERE seq = 4`);
    expect(newer.read).toBe('JOURNAL: Event 4 of api-1 has the type "teleported", unknown to this Sluice');
  });

  test('a signal or plan that is broken is named', async () => {
    const broken = await damage("UPDATE signal SET signal = ''; UPDATE plan SET plan = '{'");
    expect(broken.signals).toBe('JOURNAL: Signal 1 of api-1 is not valid JSON');
    expect(broken.plan).toBe('JOURNAL: Plan abc is not valid JSON');
    expect(broken.read).toHaveLength(4);
  });

  test('changes grows with each write of any handle, and only then', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using journal = await SqliteJournal.open({ file });
    await using other = await SqliteJournal.open({ file });
    const { id, lease } = await begin(journal);
    let last = journal.changes();
    const grew = () => {
      const before = last;
      last = journal.changes();
      return last > before;
    };
    expect(grew()).toBe(false);
    await journal.append(id, 1, [stepStarted(0)], lease);
    expect(grew()).toBe(true);
    await other.append(id, 2, [stepStarted(1)], lease);
    expect(grew()).toBe(true);
    await journal.read(id);
    await journal.append(id, 1, [], lease).catch(() => {});
    expect(grew()).toBe(false);
    await other.signal(id, { signal: 'pause', by: 'ann' }, NOW);
    await journal.read(id);
    expect(grew()).toBe(true);
  });

  test('lists use an index for each filter', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await (await SqliteJournal.open({ file })).close();
    const db = new Database(file, { readonly: true });
    const planOf = (where: string) =>
      db
        .prepare<[], { detail: string }>(
          `EXPLAIN QUERY PLAN SELECT * FROM deployment WHERE ${where} ORDER BY position DESC LIMIT 50`,
        )
        .all()
        .map((row) => row.detail);
    expect(planOf("service = 'a'")).toEqual(['SEARCH deployment USING INDEX deployment_service (service=?)']);
    expect(planOf("environment = 'a'")).toEqual([
      'SEARCH deployment USING INDEX deployment_environment (environment=?)',
    ]);
    expect(planOf('ended_at IS NULL')).toEqual(['SCAN deployment USING INDEX deployment_running']);
    const place = "removed = 0 AND service = 'a' AND environment = 'b'";
    const search = (index: string, columns: string) => [
      `SEARCH deployment USING INDEX ${index} (service=? AND environment=?${columns})`,
    ];
    expect(planOf(place)).toEqual(search('deployment_place', ''));
    expect(planOf(`${place} AND outcome = 'c'`)).toEqual(search('deployment_outcome', ' AND outcome=?'));
    expect(planOf(`${place} AND release_id = 'c'`)).toEqual(
      search('deployment_release', ' AND release_id=?'),
    );
    db.close();
  });

  test('what another handle removes and sweeps while it is read is not taken for damage', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using journal = await SqliteJournal.open({ file });
    await using other = await SqliteJournal.open({ file });
    const { id, lease } = await begin(journal);
    const steps = Array.from({ length: 4_500 }, (_, n) => stepStarted(n));
    const end = { type: 'deployment-finished', at: NOW, outcome: 'completed' } as const;
    await journal.append(id, 1, [...steps, end], lease);
    await journal.remove({ deployments: [id], plans: [] }, lease);
    const [swept, again, read] = await Promise.all([
      journal.sweep(),
      other.sweep(),
      other.read(id).catch((error: unknown) => (error as { code: string }).code),
    ]);
    expect([swept + again, read]).toEqual([4_502, 'DEPLOYMENT_NOT_FOUND']);
  });

  test('later deployments take the room of those removed', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using journal = await SqliteJournal.open({ file });
    const steps = Array.from({ length: 2_000 }, (_, n) => stepStarted(n));
    const end = { type: 'deployment-finished', at: NOW, outcome: 'completed' } as const;
    const pages = () => {
      const db = new Database(file, { readonly: true });
      const count = Number(db.pragma('page_count', { simple: true }));
      db.close();
      return count;
    };
    const deploy = async () => {
      const { id, lease } = await begin(journal);
      await journal.append(id, 1, [...steps, end], lease);
      return { id, lease };
    };
    const first = await deploy();
    const { lease } = await deploy();
    const before = pages();
    await journal.remove({ deployments: [first.id], plans: [] }, lease);
    expect(await journal.sweep()).toBe(2_002);
    await deploy();
    // All of it anew would be half as much again.
    expect(pages()).toBeLessThan(before * 1.1);
  });

  test('a closed journal says so, and closes twice', async () => {
    await using folder = await temporaryFolder();
    const journal = await SqliteJournal.open({ file: `${folder.path}/journal.db` });
    await journal.close();
    await journal.close();
    const closed = { code: 'JOURNAL', message: `The journal ${folder.path}/journal.db has been closed` };
    await expect(journal.list()).rejects.toMatchObject(closed);
    await expect(journal.acquire(request('ann'))).rejects.toMatchObject(closed);
    expect(() => journal.changes()).toThrow(expect.objectContaining(closed));
  });

  test('a journal that another keeps busy is given up after the time-out', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/journal.db`;
    await using journal = await SqliteJournal.open({ file, busyTimeoutMs: 20 });
    const { id } = await begin(journal);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(journal.acquire(request('bob'))).rejects.toMatchObject({
      code: 'JOURNAL',
      message: `The journal ${file} is being written by another process and did not become free in time (SQLITE_BUSY: database is locked)`,
    });
    expect(await journal.read(id)).toHaveLength(1);
    other.close();
    await expect(journal.acquire(request('bob'))).rejects.toMatchObject({ code: 'LEASE_HELD' });
  });
});
