/** The whole of it for one scenario: undisturbed once, then killed at each of the moments, all compared. */
import { isDeepStrictEqual } from 'node:util';
import { CrashProject, type Scenario } from './crash-project.ts';
import { inParallel } from './in-parallel.ts';
import { type CalmRun, calmRun, type KilledRun, killedRun, type Moment, momentsOf } from './kills.ts';

export interface EveryAppend {
  readonly scenario: string;
  readonly calm: CalmRun;
  readonly runs: readonly KilledRun[];
  /** Those that ended in another way than the undisturbed one. */
  readonly different: readonly KilledRun[];
  readonly sent: number;
  readonly lost: number;
  readonly slowestMs: number;
}

/**
 * @param choose which of all moments; default: all
 * @param workers projects at once; default 1
 */
export async function killAtAppends(
  scenario: Scenario,
  { choose = (moments: readonly Moment[]): readonly Moment[] => moments, workers = 1 } = {},
): Promise<EveryAppend> {
  await using first = await CrashProject.create(scenario);
  const calm = await calmRun(first);
  const moments = choose(momentsOf(calm.appends.length));
  let [sent, lost, slowestMs] = [0, 0, 0];
  const count = async (project: CrashProject) => {
    const load = await project.stopLoad();
    sent += load.sent;
    lost += load.lost;
    slowestMs = Math.max(slowestMs, load.slowestMs);
  };
  const open = Array.from(
    { length: workers },
    (_, index) => async () => (index === 0 ? first : await CrashProject.create(scenario)),
  );
  const runs = (await inParallel(open, moments, killedRun, count)).filter((run) => run !== null);
  const exitCode = scenario.fails === true ? 3 : 0;
  const different = runs.filter((run) => !isDeepStrictEqual(run.end, calm.end) || run.exitCode !== exitCode);
  return { scenario: scenario.name, calm, runs, different, sent, lost, slowestMs };
}
