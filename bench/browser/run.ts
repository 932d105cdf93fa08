/**
 * How soon an event is seen on the page of a deployment in a real browser, from its append by another process, while
 * others watch too; and how long a click on one target takes until it is painted, while events keep coming.
 *
 *     npm run bench -- browser [targets...]      default 10 and 2,000 targets, with 50 other clients
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { examplePlan, request } from '../../src/testing/journal-fixtures.ts';
import { TestBrowser } from '../../test/dashboard/browser.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startProcess } from '../../test/support/run-process.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { median } from '../median.ts';
import { Watcher } from '../server/watcher.ts';

const SLUICE = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const OTHERS = 50;
const EVENTS = 200;
const BETWEEN_EVENTS_MS = 40;
const CLICKS = 20;
const LEASE_MS = 600_000;

/** The browser's own measure of a click: from the press until what it changes is painted. Less than 16 ms is not told. */
const WATCH_CLICKS = `
  window.clicks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === 'click') window.clicks.push(entry.duration);
  }).observe({ type: 'event', durationThreshold: 16 });
`;

const given = process.argv.slice(2).map(Number);
const sizes = given.length === 0 ? [10, 2_000] : given;

console.log(
  '| targets | event on the page, ms: median | p95 | most | click until painted, ms: median | most |',
);
console.log('|---|---|---|---|---|---|');
for (const size of sizes) console.log(`| ${(await measure(size)).join(' | ')} |`);

async function measure(size: number): Promise<string[]> {
  await using folder = await temporaryFolder();
  const config = `services: { api: { folder: ., command: node x.js, port: ${await freePort()} } }\n`;
  writeFileSync(join(folder.path, 'sluice.config.yaml'), config);
  await using server = startProcess([process.execPath, SLUICE, 'serve', '--port', '0', '--json'], {
    cwd: folder.path,
    timeoutMs: 300_000,
  });
  await waitFor('the server', () => server.stdout.trimEnd().endsWith('}'));
  const { url, token } = JSON.parse(server.stdout) as { url: string; token: string };
  await using journal = await SqliteJournal.open({ file: join(folder.path, '.sluice', 'journal.db') });
  const lease = await journal.acquire(request('ann@one pid 1', { now: Date.now(), ttlMs: LEASE_MS }));
  const id = await journal.create(planOf(size), 'ann', Date.now(), lease);
  const begun: DeploymentEvent[] = [
    { type: 'deployment-started', at: Date.now(), unhealthy: [] },
    { type: 'step-started', at: Date.now(), step: 0 },
  ];
  await journal.append(id, 1, begun, lease);

  const others = await Promise.all(Array.from({ length: OTHERS }, () => Watcher.open(url, token, id)));
  await using browser = await TestBrowser.start();
  await using dashboard = await browser.open({ url, token });
  const { page } = dashboard;
  await dashboard.show(`/deployments/${id}`);
  await page
    .locator('.target-cell')
    .nth(size - 1)
    .waitFor();
  await page.evaluate(WATCH_CLICKS);

  const appendedAt = new Map<number, number>();
  const clicking = (async () => {
    for (let click = 0; click < CLICKS; click++) {
      await page
        .locator('.target-cell')
        .nth((click * 7) % size)
        .click();
      await sleep((EVENTS * BETWEEN_EVENTS_MS) / (2 * CLICKS));
    }
  })();
  for (let seq = 3; seq < 3 + EVENTS; seq++) {
    await journal.append(id, seq, [eventAt(seq, size)], lease);
    appendedAt.set(seq + 1, performance.timeOrigin + performance.now());
    await sleep(BETWEEN_EVENTS_MS);
  }
  await clicking;
  await waitFor('the page to show the last event', async () => (await marksOf(page)).has(3 + EVENTS));
  const shown = await marksOf(page);
  const took = [...appendedAt].map(([seq, at]) => whenShown(shown, seq) - at).toSorted((a, b) => a - b);
  const clicks = (await page.evaluate<number[]>('window.clicks')).toSorted((a, b) => a - b);
  for (const other of others) other.close();
  return [
    String(size),
    median(took).toFixed(1),
    (took[Math.floor(took.length * 0.95)] ?? 0).toFixed(1),
    (took.at(-1) ?? 0).toFixed(1),
    clicks.length === 0 ? '< 16' : median(clicks).toFixed(0),
    (clicks.at(-1) ?? 16).toFixed(0),
  ];
}

/** When each seq was on the page, milliseconds since the epoch. */
async function marksOf(page: { evaluate<T>(script: string): Promise<T> }): Promise<Map<number, number>> {
  const marks = await page.evaluate<[number, number][]>(
    "performance.getEntriesByName('event-shown').map((mark) => [mark.detail.seq, performance.timeOrigin + mark.startTime])",
  );
  return new Map(marks);
}

/** Events that come together are shown together: then the mark is that of the last of them. */
function whenShown(shown: ReadonlyMap<number, number>, seq: number): number {
  for (let later = seq; ; later++) {
    const at = shown.get(later);
    if (at !== undefined) return at;
  }
}

function planOf(size: number) {
  const ids = Array.from({ length: size }, (_, index) => `api.${index + 1}`);
  return examplePlan({
    targets: ids.map((target) => ({ id: target, from: null })),
    steps: [{ kind: 'stage' }, { kind: 'update', targets: ids, mode: 'in-place', direction: 'forward' }],
  });
}

/** Stages one target after the other. */
function eventAt(seq: number, size: number): DeploymentEvent {
  const target = (seq >> 1) % size;
  const at = Date.now();
  if (seq % 2 === 1) {
    return {
      type: 'operations-started',
      at,
      intents: [{ target, operation: 'stage', side: 'new', attempt: 1 }],
    };
  }
  return { type: 'operations-finished', at, outcomes: [{ target, operation: 'stage', ok: true, tookMs: 1 }] };
}
