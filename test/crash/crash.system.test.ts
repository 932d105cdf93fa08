/**
 * A sample of `npm run crash`, which tries all of it: controllers killed, stopped, and set off at once, and
 * journals whose disk lost its power. The seed is of the day, so that in time each moment has its turn.
 */
import { expect, test } from 'vitest';
import { Random } from '../../src/testing/simulation/random.ts';
import { BLUE_GREEN, CANARY, CrashProject, ROLLBACK, type Scenario } from './crash-project.ts';
import { killAtAppends } from './every-append.ts';
import { inParallel } from './in-parallel.ts';
import type { Moment } from './kills.ts';
import { cutPower } from './power-cuts.ts';
import { race } from './races.ts';
import { PLACES, stoppedAtAppend, stoppedInTheMiddle, stoppedOnTheWire } from './stops.ts';

const SEED = process.env.CRASH_SEED ?? new Date().toISOString().slice(0, 10);
const TIMEOUT_MS = 180_000;
const RACES = 20;

/** The first and the last moment, and some in between. */
function sample(name: string, count: number): (moments: readonly Moment[]) => Moment[] {
  const random = new Random(`${SEED} ${name}`);
  return (moments) => {
    const between = moments.slice(1, -1);
    const picked = new Set(random.times(count, () => random.pick(between)));
    return [moments[0] as Moment, ...picked, moments.at(-1) as Moment];
  };
}

test.concurrent.each<[Scenario, string, string[]]>([
  [CANARY, 'completed', ['hello.1 to running healthy routed', 'hello.2 to running healthy routed']],
  [BLUE_GREEN, 'completed', ['hello.1 to running healthy routed', 'hello.2 to running healthy routed']],
  [ROLLBACK, 'rolled-back', ['hello.1 from running healthy routed', 'hello.2 from running healthy routed']],
])(
  `kill -9 at an append ($name, seed ${SEED}): the next command comes to the same end, nothing is lost`,
  async (scenario, outcome, instances) => {
    const result = await killAtAppends(scenario, { choose: sample(scenario.name, 3) });
    expect(result.calm.end).toMatchObject({ outcome, instances, well: true, holder: null });
    expect(result.different).toEqual([]);
    expect(result.runs.length).toBeGreaterThanOrEqual(3);
    expect(result.lost).toBe(0);
    // Whoever is seen to be dead holds nobody up: the lease alone would take up to six seconds.
    const waits = result.runs.flatMap(({ toFirstAppendMs }) => toFirstAppendMs ?? []);
    expect(Math.min(...waits)).toBeLessThan(4_000);
  },
  TIMEOUT_MS,
);

test.concurrent(
  `power lost in an append (seed ${SEED}): the journal opens, with all that was acknowledged and no half group`,
  async () => {
    const result = await cutPower(CANARY, 3, new Random(SEED));
    expect(result.wrong).toEqual([]);
    expect(result.opened).toBeGreaterThan(3 * result.appends);
  },
  TIMEOUT_MS,
);

test.concurrent(
  `two deploys at the same instant, ${RACES} times: one deploys, the other is told who does`,
  async () => {
    const open = [() => CrashProject.create(CANARY)];
    const races = await inParallel(open, [...Array(RACES).keys()], race);
    for (const { begun, ended, loser } of races) {
      expect({ begun, winner: ended[0].exitCode }, ended[1].printed).toEqual({ begun: 1, winner: 0 });
      expect(['told who', 'too late'], ended[1].printed).toContain(loser);
    }
    expect(races.filter(({ loser }) => loser === 'told who').length).toBeGreaterThan(RACES / 2);
  },
  TIMEOUT_MS,
);

test.concurrent(
  `stopped at an append and overtaken (seed ${SEED}): continued, it changes nothing and ends with 8`,
  async () => {
    await using project = await CrashProject.create(CANARY);
    const random = new Random(`${SEED} stops`);
    for (const moment of random.times(5, (): Moment => ({ at: random.int(2, 16), when: 'after' }))) {
      const run = await stoppedAtAppend(project, moment, 'abort');
      expect(run?.changed, run?.where).toEqual([]);
      expect([run?.exitCode, run?.isFenced], run?.printed).toEqual([8, true]);
    }
    expect((await project.stopLoad()).lost).toBe(0);
  },
  TIMEOUT_MS,
);

test.concurrent(
  'stopped past the end of its lease, in a bake and with a call on the wire: the same',
  async () => {
    await using project = await CrashProject.create(CANARY);
    const runs = [
      await stoppedInTheMiddle(project, 'in a bake', PLACES['in a bake']!),
      await stoppedOnTheWire(project),
    ];
    for (const { where, changed, exitCode, isFenced, printed } of runs) {
      expect(changed, where).toEqual([]);
      expect([exitCode, isFenced], printed).toEqual([8, true]);
    }
    expect(runs.map(({ end }) => end.outcome)).toEqual(['completed', 'aborted']);
    expect((await project.stopLoad()).lost).toBe(0);
  },
  TIMEOUT_MS,
);
