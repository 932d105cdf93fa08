/** How soon what another process appends is seen. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Lease } from '../../../src/journal/journal.ts';
import { SqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts';
import { EventFeeds } from '../../../src/server/controller/event-feeds.ts';
import { begin, stepStarted } from '../../../src/testing/journal-fixtures.ts';
import { startJournalProcess } from '../../journal/journal-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const APPENDS = 60;
/** The poll alone would take 125 ms. What it takes here is below 1 ms, where nothing else goes on. */
const MEDIAN_MS = 50;

test('an event of another process is seen as it is appended, not when it is looked for', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'journal.db');
  await using journal = await SqliteJournal.open({ file });
  const { id, lease }: { id: string; lease: Lease } = await begin(journal);
  await using writer = startJournalProcess();
  await writer.call('open', file);
  const ending = new AbortController();
  const seenAt: number[] = [];
  const following = (async () => {
    for await (const batch of new EventFeeds(journal).follow(id, 1, ending.signal)) {
      for (const { seq } of batch) seenAt[seq] = performance.now();
      if (seenAt.length === APPENDS + 2) ending.abort();
    }
  })();
  const latencies: number[] = [];
  for (let seq = 1; seq <= APPENDS; seq += 1) {
    const begun = performance.now();
    expect(await writer.call('append', id, seq, [stepStarted(seq)], lease)).toEqual({ value: seq + 1 });
    latencies.push(begun);
  }
  await following;
  const took = latencies
    .map((begun, index) => (seenAt[index + 2] ?? Infinity) - begun)
    .toSorted((a, b) => a - b);
  expect(took[APPENDS / 2]).toBeLessThan(MEDIAN_MS);
});
