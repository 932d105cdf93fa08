/**
 * What orchestration costs beyond the work itself: a deploy function that does nothing, called once a target
 * by the engine, as a ratio to p-limit over the same function in the same process.
 *
 *   npm run build && node --import jiti/register bench/orchestration/run.ts
 *
 * Each measurement is a process of its own (peak memory belongs to it alone); medians of several.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RUNS = Number(process.env.RUNS ?? 5);
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

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

console.log('| targets | p-limit ms | memory ms | ratio | MB | SQLite ms | ratio | MB | p-limit MB |');
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
    ms('memory').toFixed(1),
    ratio('memory'),
    mb('memory'),
    ms('sqlite').toFixed(1),
    ratio('sqlite'),
    mb('sqlite'),
    mb('bare'),
  ];
  console.log(`| ${row.join(' | ')} |`);
}
