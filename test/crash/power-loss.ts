/**
 * What the disk may hold of a journal when the power fails. What was synced is there; of what was being written
 * any part may be: a beginning, or some sectors and not others, over zeros, garbage or what was there before.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { fold } from '../../src/domain/evolve.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import type { Random } from '../../src/testing/simulation/random.ts';

const SECTOR_BYTES = 512;
const DATABASE = 'journal.db';
const WAL = 'journal.db-wal';
const MANY = 1_000;

/** The files of a journal at one moment; without its index of the WAL, which lives in memory only. */
export interface DiskImage {
  readonly database: Buffer;
  readonly wal: Buffer;
}

export function imageOf(folder: string): DiskImage {
  const wal = join(folder, WAL);
  return {
    database: readFileSync(join(folder, DATABASE)),
    wal: existsSync(wal) ? readFileSync(wal) : Buffer.alloc(0),
  };
}

/** Where the two begin to differ; their length when they do not. */
function firstChange(before: Buffer, after: Buffer): number {
  const shorter = Math.min(before.length, after.length);
  for (let at = 0; at < shorter; at++) if (before[at] !== after[at]) return at;
  return shorter;
}

/** The end of what differs. */
function lastChange(before: Buffer, after: Buffer): number {
  if (after.length > before.length) return after.length;
  let at = after.length;
  while (at > 0 && before[at - 1] === after[at - 1]) at--;
  return at;
}

/**
 * A WAL whose last write, which made `after` of `before`, was cut off.
 * @param random says where, and what is there instead
 */
export function tornWal(before: Buffer, after: Buffer, random: Random): Buffer {
  const [from, to] = [firstChange(before, after), lastChange(before, after)];
  const old = Buffer.alloc(after.length);
  before.copy(old);
  const cut = random.int(from, Math.max(from, to - 1));
  switch (random.int(1, 4)) {
    case 1: // a beginning, and the file no longer than that
      return Buffer.concat([after.subarray(0, cut), before.subarray(cut)]);
    case 2: // a beginning, and the file as long as it was to be
      return Buffer.concat([after.subarray(0, cut), old.subarray(cut)]);
    case 3: {
      // a beginning, then garbage
      const garbage = Buffer.from(random.times(to - cut, () => random.int(0, 255)));
      return Buffer.concat([after.subarray(0, cut), garbage, old.subarray(to)]);
    }
    default: {
      // some sectors, and not others
      const torn = Buffer.from(after);
      for (let sector = from - (from % SECTOR_BYTES); sector < to; sector += SECTOR_BYTES) {
        const begin = Math.max(from, sector);
        if (random.chance(0.3)) old.copy(torn, begin, begin, Math.min(to, sector + SECTOR_BYTES));
      }
      return torn;
    }
  }
}

/** All events of each deployment, by id. */
export type Told = Readonly<Record<string, readonly DeploymentEvent[]>>;

/**
 * Opens what the disk holds, as the next command would, and reads all of it; throws when that cannot be done,
 * or the database is not in order.
 * @param folder where to put it; overwritten
 */
export async function survivors(folder: string, { database, wal }: DiskImage): Promise<Told> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, DATABASE);
  writeFileSync(file, database);
  writeFileSync(join(folder, WAL), wal);
  const told: Record<string, readonly DeploymentEvent[]> = {};
  await using journal = await SqliteJournal.open({ file });
  for (const { id, seq } of await journal.list({ limit: MANY })) {
    const events = (await journal.read(id)).map(({ event }) => event);
    if (events.length !== seq) throw new Error(`${id} has ${events.length} events, but says ${seq}`);
    told[id] = events;
  }
  const check = new Sqlite(file, { readonly: true });
  try {
    const found = check.pragma('integrity_check', { simple: true });
    if (found !== 'ok') throw new Error(`the database is damaged: ${String(found)}`);
  } finally {
    check.close();
  }
  return told;
}

/** Folds every deployment, as the next controller would. */
export function foldAll(told: Told): void {
  for (const [id, events] of Object.entries(told)) {
    const { seq } = fold(id, events);
    if (seq !== events.length) throw new Error(`${id} folds to ${seq} of ${events.length} events`);
  }
}
