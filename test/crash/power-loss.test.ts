/**
 * The journal after a loss of power: it opens, has all that was acknowledged, and no half of a group. Many
 * histories, with checkpoints in between, each cut at many points; that real rollouts survive it too is in
 * `crash.system.test.ts`.
 */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { begin, stepStarted } from '../../src/testing/journal-fixtures.ts';
import { Random } from '../../src/testing/simulation/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type DiskImage, imageOf, survivors, type Told, tornWal } from './power-loss.ts';

const HISTORIES = 3;
const APPENDS = 12;
const CUTS = 4;
const TIMEOUT_MS = 60_000;
const PAGE_BYTES = 4_096;

interface Moment {
  readonly image: DiskImage;
  /** What was acknowledged by then. */
  readonly told: Told;
}

/** Appends groups of any size, with checkpoints in between; the disk after each of them. */
async function history(folder: string, random: Random): Promise<Moment[]> {
  await using journal = await SqliteJournal.open({ file: join(folder, 'journal.db') });
  const other = new Sqlite(journal.file);
  try {
    const { id, lease } = await begin(journal);
    const events = (await journal.read(id)).map(({ event }) => event);
    const moments: Moment[] = [{ image: imageOf(folder), told: { [id]: [...events] } }];
    for (let append = 1; append <= APPENDS; append++) {
      const group = random.times(random.int(1, 40), (): DeploymentEvent => stepStarted(random.int(0, 9_999)));
      await journal.append(id, events.length, group, lease);
      events.push(...group);
      moments.push({ image: imageOf(folder), told: { [id]: [...events] } });
      if (!random.chance(0.3)) continue;
      other.pragma(`wal_checkpoint(${random.pick(['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'])})`);
      moments.push({ image: imageOf(folder), told: { [id]: [...events] } });
    }
    return moments;
  } finally {
    other.close();
  }
}

/** Pages of the one and pages of the other: a checkpoint that was cut off. */
function tornDatabase(before: Buffer, after: Buffer, random: Random): Buffer {
  const torn = Buffer.from(after);
  for (let at = 0; at < before.length; at += PAGE_BYTES) {
    if (random.chance(0.5)) before.copy(torn, at, at, at + PAGE_BYTES);
  }
  return torn;
}

describe('after a loss of power', () => {
  test(
    'what was acknowledged is there, and of the group that was being written all or nothing',
    async () => {
      await using folder = await temporaryFolder();
      const ends = { all: 0, nothing: 0, cuts: 0 };
      for (let seed = 1; seed <= HISTORIES; seed++) {
        const random = new Random(seed);
        const moments = await history(join(folder.path, `${seed}`), random);
        for (const [index, { image, told }] of moments.entries()) {
          expect(await survivors(join(folder.path, 'copy'), image), `seed ${seed}, moment ${index}`).toEqual(
            told,
          );
          const before = moments[index - 1];
          if (before === undefined || image.wal.equals(before.image.wal)) continue;
          for (let cut = 0; cut < CUTS; cut++) {
            // A truncated WAL is one that was checkpointed: the database had all of it by then.
            const { database } = image.wal.length === 0 ? image : before.image;
            const torn = { database, wal: tornWal(before.image.wal, image.wal, random) };
            const survived = await survivors(join(folder.path, 'torn'), torn);
            const where = `seed ${seed}, moment ${index}, cut ${cut}`;
            expect([before.told, told], where).toContainEqual(survived);
            ends[JSON.stringify(survived) === JSON.stringify(told) ? 'all' : 'nothing'] += 1;
            ends.cuts += 1;
          }
        }
      }
      expect(ends.cuts).toBeGreaterThan(HISTORIES * APPENDS);
      // Cuts were cuts: most of them lost what nobody had been told was safe.
      expect(ends.nothing).toBeGreaterThan(ends.cuts / 2);
    },
    TIMEOUT_MS,
  );

  test(
    'also in the middle of a checkpoint',
    async () => {
      await using folder = await temporaryFolder();
      let torn = 0;
      for (let seed = 1; seed <= HISTORIES; seed++) {
        const random = new Random(`checkpoint ${seed}`);
        const moments = await history(join(folder.path, `${seed}`), random);
        for (const [index, { image, told }] of moments.entries()) {
          const before = moments[index - 1];
          if (before === undefined || image.database.equals(before.image.database)) continue;
          const database = tornDatabase(before.image.database, image.database, random);
          const survived = await survivors(join(folder.path, 'torn'), { database, wal: before.image.wal });
          expect(survived, `seed ${seed}, moment ${index}`).toEqual(told);
          torn += 1;
        }
      }
      expect(torn).toBeGreaterThan(HISTORIES);
    },
    TIMEOUT_MS,
  );

  test('a journal that had not waited for the disk would be found out', async () => {
    await using folder = await temporaryFolder();
    const moments = await history(join(folder.path, 'whole'), new Random(1));
    const last = moments.at(-1) as Moment;
    const [first] = moments as [Moment];
    const wal = last.image.wal.subarray(0, last.image.wal.length - PAGE_BYTES);
    const lost = { database: first.image.database, wal };
    expect(await survivors(join(folder.path, 'lost'), lost).catch(() => null)).not.toEqual(last.told);
  });
});
