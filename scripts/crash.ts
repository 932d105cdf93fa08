/**
 * `npm run crash`: every crash there is to try, and tables of what came of it; `npm run crash -- kills races` for
 * some of it. It takes about ten minutes. Exits with 1 when anything was not as promised.
 *
 *   kills   kill -9 at every append to the journal, in each scenario
 *   power   the journal cut at many points in every append
 *   races   200 times two `sluice deploy` at once
 *   stops   SIGSTOP at every append, overtaken, continued; and past the real end of a lease
 */
import { Random } from '../src/testing/simulation/random.ts';
import { CANARY, CrashProject, SCENARIOS } from '../test/crash/crash-project.ts';
import { killAtAppends } from '../test/crash/every-append.ts';
import { inParallel } from '../test/crash/in-parallel.ts';
import { momentsOf } from '../test/crash/kills.ts';
import { cutPower } from '../test/crash/power-cuts.ts';
import { type Race, race } from '../test/crash/races.ts';
import {
  PLACES,
  type StoppedRun,
  stoppedAtAppend,
  stoppedInTheMiddle,
  stoppedOnTheWire,
} from '../test/crash/stops.ts';

const WORKERS = 2;
const CUTS = 20;
const RACES = 200;
/** More than a rollout has: those that are not there are left out. */
const MOST_APPENDS = 27;

let wrong = 0;

const PARTS: Record<string, () => Promise<void>> = { kills, power, races, stops };
const chosen = process.argv.slice(2);
for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const begun = performance.now();
  await part();
  console.log(`\n(${name}: ${Math.round((performance.now() - begun) / 1_000)} s)\n`);
}
console.log(wrong === 0 ? 'All as promised.' : `${wrong} not as promised.`);
process.exitCode = wrong === 0 ? 0 : 1;

async function kills(): Promise<void> {
  row(
    'rollout',
    'appends',
    'kills',
    'same end',
    'requests',
    'lost',
    'ms to the next append',
    'ms to the end',
  );
  row(...Array<string>(8).fill('---'));
  for (const scenario of SCENARIOS) {
    const result = await killAtAppends(scenario, { workers: WORKERS });
    const { calm, runs, different, sent, lost } = result;
    row(
      scenario.name,
      calm.appends.length,
      runs.length,
      runs.length - different.length,
      sent,
      lost,
      spread(runs.flatMap(({ toFirstAppendMs }) => toFirstAppendMs ?? [])),
      spread(runs.flatMap(({ toEndMs }) => toEndMs ?? [])),
    );
    const places = different.map((run) => JSON.stringify({ ...run, calm: calm.end }));
    complain([...places, ...(lost > 0 ? [`${lost} requests lost`] : [])]);
  }
}

async function power(): Promise<void> {
  row('rollout', 'appends', 'journals opened', 'wrong');
  row(...Array<string>(4).fill('---'));
  for (const scenario of SCENARIOS) {
    const result = await cutPower(scenario, CUTS, new Random(scenario.name));
    row(scenario.name, result.appends, result.opened, result.wrong.length);
    complain(result.wrong);
  }
}

async function races(): Promise<void> {
  const run = newCounted();
  const jobs = Array.from({ length: RACES }, (_, index) => index);
  const done = await inParallel(run.open, jobs, race, run.count);
  const count = (is: (race: Race) => boolean) => done.filter(is).length;
  row('races', 'one deployment', 'loser told who (6)', 'came too late', 'other', 'requests', 'lost', 'ms');
  row(...Array<string>(8).fill('---'));
  row(
    done.length,
    count(({ begun }) => begun === 1),
    count(({ loser }) => loser === 'told who'),
    count(({ loser }) => loser === 'too late'),
    count(({ loser }) => loser === 'other'),
    run.sent,
    run.lost,
    spread(done.map(({ tookMs }) => tookMs)),
  );
  const bad = done.filter((one) => one.begun !== 1 || one.loser === 'other' || one.ended[0].exitCode !== 0);
  complain([...bad.map((one) => JSON.stringify(one)), ...run.complaints]);
}

async function stops(): Promise<void> {
  const run = newCounted();
  const jobs = momentsOf(MOST_APPENDS);
  const atAppends = await inParallel(
    run.open,
    jobs,
    (project, moment) => stoppedAtAppend(project, moment, moment.when === 'before' ? 'resume' : 'abort'),
    run.count,
  );
  const places = Object.entries(PLACES);
  const real = await inParallel(
    run.open,
    [...places, null],
    (project, place) => (place === null ? stoppedOnTheWire(project) : stoppedInTheMiddle(project, ...place)),
    run.count,
  );
  row('stopped', 'runs', 'changed anything after', 'refused', 'requests', 'lost');
  row(...Array<string>(6).fill('---'));
  const bad: StoppedRun[] = [];
  for (const [what, runs] of [
    ['at an append, lease ended', atAppends.filter((one) => one !== null)],
    ['past the end of its lease', real],
  ] as const) {
    const changing = runs.filter(({ changed }) => changed.length > 0);
    const refused = runs.filter(({ isFenced }) => isFenced);
    row(what, runs.length, changing.length, refused.length, '', '');
    bad.push(...runs.filter((one) => one.changed.length > 0 || !one.isFenced));
  }
  row('both', '', '', '', run.sent, run.lost);
  complain([...bad.map((one) => JSON.stringify(one)), ...run.complaints]);
}

/** Projects for as many workers, and the sum of their loads. */
function newCounted() {
  const sums = { sent: 0, lost: 0 };
  return {
    open: Array.from({ length: WORKERS }, () => () => CrashProject.create(CANARY)),
    count: async (project: CrashProject): Promise<void> => {
      const { sent, lost } = await project.stopLoad();
      sums.sent += sent;
      sums.lost += lost;
    },
    get sent() {
      return sums.sent;
    },
    get lost() {
      return sums.lost;
    },
    get complaints() {
      return sums.lost === 0 ? [] : [`${sums.lost} requests lost`];
    },
  };
}

function row(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function complain(complaints: readonly string[]): void {
  wrong += complaints.length;
  for (const complaint of complaints) console.error(complaint);
}

/** `min / median / max` */
function spread(numbers: readonly number[]): string {
  const sorted = numbers.map(Math.round).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? '-';
  return `${at(0)} / ${at(0.5)} / ${at(1)}`;
}
