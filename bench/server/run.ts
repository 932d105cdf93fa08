/**
 * How soon those who watch a deployment see what is appended to its journal by another process, and what it costs
 * the server to have them: `sluice serve`, and streams of events to one client after another, over real sockets.
 *
 *     npm run bench -- server [clients...]      default 50 and 1,000 clients
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../../src/journal/journal.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { begin, stepStarted } from '../../src/testing/journal-fixtures.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startProcess } from '../../test/support/run-process.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { median } from '../median.ts';
import { Watcher } from './watcher.ts';

const SLUICE = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const EVENTS = 200;
const BETWEEN_EVENTS_MS = 20;
const LEASE_MS = 600_000;

const given = process.argv.slice(2).map(Number);
const sizes = given.length === 0 ? [50, 1_000] : given;

console.log(
  '| clients | to each of them, ms: median | p95 | most | server MB before | with them | KB a client |',
);
console.log('|---|---|---|---|---|---|---|');
for (const size of sizes) console.log(`| ${(await measure(size)).join(' | ')} |`);

async function measure(size: number): Promise<string[]> {
  await using folder = await temporaryFolder();
  writeFileSync(
    join(folder.path, 'sluice.config.yaml'),
    `services: { api: { folder: ., command: node x.js, port: ${await freePort()} } }\n`,
  );
  const file = join(folder.path, '.sluice', 'journal.db');
  await using server = startProcess([process.execPath, SLUICE, 'serve', '--port', '0', '--json'], {
    cwd: folder.path,
  });
  await waitFor('the server', () => server.stdout.trimEnd().endsWith('}'));
  const { url, token } = JSON.parse(server.stdout) as { url: string; token: string };
  await using journal = await SqliteJournal.open({ file });
  const { id, lease }: { id: string; lease: Lease } = await begin(journal);
  const held = await journal.renew(lease, Date.now(), LEASE_MS);

  await sleep(1_000);
  const before = memoryMb(server.pid);
  const watchers = await Promise.all(Array.from({ length: size }, () => Watcher.open(url, token, id)));
  await Promise.all(watchers.map((watcher) => watcher.seen(1)));
  const withThem = memoryMb(server.pid);

  const appendedAt: number[] = [];
  for (let seq = 1; seq <= EVENTS; seq++) {
    await journal.append(id, seq, [stepStarted(seq)], held);
    appendedAt[seq + 1] = performance.now();
    await sleep(BETWEEN_EVENTS_MS);
  }
  await Promise.all(watchers.map((watcher) => watcher.seen(EVENTS + 1)));
  const took = watchers
    .flatMap(({ at }) => appendedAt.flatMap((appended, seq) => [(at.get(seq) ?? Infinity) - appended]))
    .toSorted((a, b) => a - b);
  for (const watcher of watchers) watcher.close();
  return [
    String(size),
    median(took).toFixed(2),
    (took[Math.floor(took.length * 0.95)] ?? 0).toFixed(2),
    (took.at(-1) ?? 0).toFixed(1),
    before.toFixed(0),
    withThem.toFixed(0),
    (((withThem - before) * 1_024) / size).toFixed(0),
  ];
}

function memoryMb(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
