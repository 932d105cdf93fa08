/**
 * Requests lost, and how long answers take, while the release of a service changes under full load: with
 * Sluice, by canary and back again, and with `pm2 reload`.
 *
 *     npm run bench -- rollout [blocks] [rounds]
 *
 * Four blocks of five rounds, each round an upgrade and the way back: 40 changes for each of the two, who take
 * turns block by block so that both have the same share of the machine's moods. Then each is given a release
 * that starts and never listens. Needs wrk.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { median } from '../median.ts';
import { type Change, type Contender, INSTANCES, versionAt } from './contender.ts';
import { CONNECTIONS, FullLoad, type LoadResult, TIMEOUT_S } from './full-load.ts';
import { startWithPm2 } from './with-pm2.ts';
import { startWithSluice } from './with-sluice.ts';

const BLOCKS = Number(process.argv[2] ?? 4);
const ROUNDS = Number(process.argv[3] ?? 5);
const STEADY_MS = 5_000;
const OLD = '1.0.0';
const NEW = '1.1.0';
const SILENT = '1.2.1-silent';
/** How long the load goes on after a bad release is in place, or refused. */
const AFTERMATH_MS = 3_000;
const LINES_SHOWN = 14;

interface Block {
  readonly load: LoadResult;
  readonly changes: readonly Change[];
}

await using sluice = await startWithSluice();
await using pm2 = await startWithPm2();
const contenders = [sluice, pm2];
const steady = new Map(contenders.map((one) => [one, [] as Block[]]));
const changing = new Map(contenders.map((one) => [one, [] as Block[]]));
for (let block = 0; block < BLOCKS; block++) {
  console.error(`block ${block + 1} of ${BLOCKS}`);
  for (const one of contenders) {
    steady.get(one)?.push(await underLoad(one, () => rest()));
    changing.get(one)?.push(await underLoad(one, () => changeThereAndBack(one)));
  }
}

console.log(
  `${INSTANCES} instances; wrk -t1 -c${CONNECTIONS} --timeout ${TIMEOUT_S}s; ${BLOCKS} blocks of ${ROUNDS} rounds.\n`,
);
console.log(
  '| | requests | lost | p50 ms | p99 ms | max ms | s a change | wrk, cores | witness: sent | lost |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|');
for (const [{ name }, blocks] of steady) printRow(`${name}, nothing changes`, blocks);
for (const [{ name }, blocks] of changing) {
  printRow(`${name}, ${BLOCKS * ROUNDS} upgrades and ${BLOCKS * ROUNDS} ways back`, blocks);
}
const bad = new Map<Contender, Change>();
for (const one of contenders) {
  const block = await underLoad(one, async () => {
    const change = await one.upgrade(SILENT);
    await sleep(AFTERMATH_MS);
    return [change];
  });
  printRow(`${one.name}, ${SILENT}`, [block]);
  bad.set(one, block.changes[0] as Change);
}
for (const [one, change] of bad) await tellOfBadRelease(one, change);

async function underLoad(one: Contender, act: () => Promise<readonly Change[]>): Promise<Block> {
  await using load = new FullLoad(one.url);
  const changes = await act();
  return { load: await load.stop(), changes };
}

async function rest(): Promise<readonly Change[]> {
  await sleep(STEADY_MS);
  return [];
}

async function changeThereAndBack(one: Contender): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    changes.push(await checked(one, await one.upgrade(NEW), NEW));
    changes.push(await checked(one, await one.goBack(OLD), OLD));
  }
  return changes;
}

/** A change that did not happen would be measured as one that went very well. */
async function checked(one: Contender, change: Change, version: string): Promise<Change> {
  const answers = await versionAt(one.url);
  if (change.exitCode === 0 && answers === version) return change;
  throw new Error(`${one.name}: ${answers} answers instead of ${version}\n${change.printed}`);
}

/** Counts are summed over the blocks; times are medians of them, but for the longest. */
function printRow(label: string, blocks: readonly Block[]): void {
  const loads = blocks.map(({ load }) => load);
  const sum = (of: (load: LoadResult) => number) =>
    loads.reduce((total, load) => total + of(load), 0).toLocaleString('en');
  const times = blocks.flatMap(({ changes }) => changes.map(({ ms }) => ms / 1_000));
  const cells = [
    label,
    sum((load) => load.answered),
    sum((load) => load.lost),
    median(loads.map((load) => load.p50Ms)).toFixed(1),
    median(loads.map((load) => load.p99Ms)).toFixed(0),
    Math.max(...loads.map((load) => load.maxMs)).toFixed(0),
    times.length === 0 ? '' : median(times).toFixed(1),
    median(loads.map((load) => load.wrkCores)).toFixed(2),
    sum((load) => load.witness.sent),
    sum((load) => load.witness.lost),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

async function tellOfBadRelease(one: Contender, change: Change): Promise<void> {
  const answers = await versionAt(one.url);
  console.log(
    `\n${one.name}, ${SILENT}: exit code ${change.exitCode} after ${(change.ms / 1_000).toFixed(1)} s;`,
  );
  console.log(`afterwards ${answers === null ? 'nobody answers' : `${answers} answers`}. It printed last:\n`);
  const lines = stripVTControlCharacters(change.printed).trimEnd().split('\n');
  for (const line of lines.slice(-LINES_SHOWN)) console.log(`    ${line}`.trimEnd());
}
