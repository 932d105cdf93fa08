/**
 * How many events a second each journal takes, one by one and in groups, and what a plan of 100,000 targets
 * costs:
 *
 *     npm run bench -- journal [folder]
 *
 * The folder, by default the system's for temporary files, says which disk is measured. Medians of three rounds,
 * each of one second.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { MemoryJournal } from '../../src/journal/memory/memory-journal.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { examplePlan, NOW, request } from '../../src/testing/journal-fixtures.ts';
import { median } from '../median.ts';

const ROUNDS = 3;
const ROUND_MS = 1_000;
const GROUP_SIZES = [1, 64, 1_024];
const TARGETS = 100_000;

/** What the engine appends most: one operation on one target begins. */
const EVENT: DeploymentEvent = {
  type: 'operations-started',
  at: NOW,
  intents: [{ target: 1, operation: 'activate', side: 'new', attempt: 1 }],
};

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'sluice-bench-'));
try {
  const sqlite = await SqliteJournal.open({ file: join(folder, 'journal.db') });
  const journals = { memory: new MemoryJournal(), SQLite: sqlite };
  console.log('| journal | events an append | appends/s | events/s |');
  console.log('|---|---|---|---|');
  for (const [name, journal] of Object.entries(journals)) {
    for (const groupSize of GROUP_SIZES) {
      const rate = await medianOf(() => appendsPerSecond(journal, groupSize));
      const cells = [name, groupSize, rate, rate * groupSize];
      console.log(
        `| ${cells.map((cell) => cell.toLocaleString('en', { maximumFractionDigits: 0 })).join(' | ')} |`,
      );
    }
  }
  console.log(`\n| journal | plan of ${TARGETS.toLocaleString('en')} targets: create, ms | read, ms |`);
  console.log('|---|---|---|');
  for (const [name, journal] of Object.entries(journals)) {
    const plans = [await largePlan(journal), await largePlan(journal), await largePlan(journal)];
    const [create, read] = [median(plans.map((one) => one.createMs)), median(plans.map((one) => one.readMs))];
    console.log(`| ${name} | ${create.toFixed(1)} | ${read.toFixed(1)} |`);
  }
  await sqlite.close();
} finally {
  await rm(folder, { recursive: true });
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) figures.push(await measure());
  return median(figures);
}

async function appendsPerSecond(journal: Journal, groupSize: number): Promise<number> {
  const lease = await journal.acquire(request('bench'));
  const id = await journal.create(examplePlan(), 'bench', NOW, lease);
  const group = Array.from({ length: groupSize }, () => EVENT);
  let seq = 1;
  const start = performance.now();
  while (performance.now() - start < ROUND_MS) seq = await journal.append(id, seq, group, lease);
  await journal.release(lease);
  return seq / groupSize / ((performance.now() - start) / 1_000);
}

async function largePlan(journal: Journal): Promise<{ readonly createMs: number; readonly readMs: number }> {
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
  const done = performance.now();
  await journal.release(lease);
  return { createMs: created - start, readMs: done - created };
}
