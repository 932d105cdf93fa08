/**
 * How many events a second each journal takes, one by one and in groups, and what a plan of 100,000 targets
 * costs. Run: `node --import jiti/register bench/journal/run.ts [folder]`; the folder, by default the
 * system's for temporary files, says which disk is measured.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { examplePlan, NOW, request } from '../../src/testing/journal-fixtures.ts';

const DURATION_MS = 1_000;
const TARGETS = 100_000;

/** What the engine appends most: one operation on one target begins. */
const EVENT: DeploymentEvent = {
  type: 'operations-started',
  at: NOW,
  intents: [{ target: 1, operation: 'activate', side: 'new', attempt: 1 }],
};

async function appendsPerSecond(journal: Journal, groupSize: number): Promise<number> {
  const lease = await journal.acquire(request('bench'));
  const id = await journal.create(examplePlan(), 'bench', NOW, lease);
  const group = Array.from({ length: groupSize }, () => EVENT);
  let seq = 1;
  const start = performance.now();
  while (performance.now() - start < DURATION_MS) seq = await journal.append(id, seq, group, lease);
  return seq / groupSize / ((performance.now() - start) / 1_000);
}

async function largePlanMs(journal: Journal): Promise<{ create: number; read: number }> {
  const targets = Array.from({ length: TARGETS }, (_, n) => ({ id: `target-${n}.example.org`, from: null }));
  const ids = targets.map((target) => target.id);
  const plan = examplePlan({
    targets,
    steps: [{ kind: 'update', targets: ids, mode: 'in-place', direction: 'forward' }],
  });
  const lease = await journal.acquire(request('bench'));
  const start = performance.now();
  const id = await journal.create(plan, 'bench', NOW, lease);
  const created = performance.now();
  await journal.read(id);
  return { create: created - start, read: performance.now() - created };
}

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'sluice-bench-'));
try {
  const sqlite = await SqliteJournal.open({ file: join(folder, 'journal.db') });
  console.log('journal   group size   appends/s    events/s');
  for (const [name, journal] of [
    ['memory', new MemoryJournal()],
    ['sqlite', sqlite],
  ] as const) {
    for (const groupSize of [1, 64, 1_024]) {
      const rate = await appendsPerSecond(journal, groupSize);
      const columns = [groupSize, Math.round(rate), Math.round(rate * groupSize)];
      console.log(name.padEnd(8), ...columns.map((value) => value.toLocaleString('en').padStart(11)));
    }
    const { create, read } = await largePlanMs(journal);
    console.log(
      `${name.padEnd(8)} ${TARGETS} targets: create ${create.toFixed(1)} ms, read ${read.toFixed(1)} ms`,
    );
  }
  await sqlite.close();
} finally {
  await rm(folder, { recursive: true });
}
