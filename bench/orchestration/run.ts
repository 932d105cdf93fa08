/**
 * What orchestration costs beyond the work itself: a deploy function that does nothing, called once a target
 * by the engine, as a ratio to p-limit over the same function in the same process.
 *
 *     npm run bench -- orchestration [runs]
 *
 * Each measurement is a process of its own (peak memory belongs to it alone); medians of five runs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../median.ts';

const RUNS = Number(process.argv[2] ?? 5);
const SIZES = [1_000, 10_000, 100_000];
const WORKER = join(import.meta.dirname, 'worker.mjs');

interface Measurement {
  readonly ms: number;
  readonly peakMb: number;
}

function measure(what: 'p-limit' | 'memory' | 'sqlite', targets: number): Measurement {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const text = execFileSync(process.execPath, [WORKER, what, String(targets), folder], {
      encoding: 'utf8',
    });
    return JSON.parse(text) as Measurement;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

console.log('| targets | p-limit ms | MB | memory ms | ratio | MB | SQLite ms | ratio | MB |');
console.log('|---|---|---|---|---|---|---|---|---|');
for (const targets of SIZES) {
  const rounds = Array.from({ length: RUNS }, () => ({
    bare: measure('p-limit', targets),
    memory: measure('memory', targets),
    sqlite: measure('sqlite', targets),
  }));
  const ms = (what: 'bare' | 'memory' | 'sqlite') => median(rounds.map((round) => round[what].ms));
  const mb = (what: 'bare' | 'memory' | 'sqlite') =>
    Math.round(median(rounds.map((round) => round[what].peakMb)));
  // The ratio of a round compares what ran next to each other: the machine's mood is the same.
  const ratio = (what: 'memory' | 'sqlite') =>
    median(rounds.map((round) => round[what].ms / round.bare.ms)).toFixed(2);
  const row = [
    targets.toLocaleString('en'),
    ms('bare').toFixed(1),
    mb('bare'),
    ms('memory').toFixed(1),
    ratio('memory'),
    mb('memory'),
    ms('sqlite').toFixed(1),
    ratio('sqlite'),
    mb('sqlite'),
  ];
  console.log(`| ${row.join(' | ')} |`);
}
