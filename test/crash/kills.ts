/** kill -9 at every append to the journal, before and after it, and what the next command makes of it. */
import type { ControllerOrders, CrashProject, End } from './crash-project.ts';

export interface Moment {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** One rollout in which the controller was killed. */
export interface KilledRun {
  readonly moment: Moment;
  /** What was appended, or was to be, at that moment. */
  readonly events: readonly string[];
  readonly end: End;
  readonly exitCode: number | null;
  /** What the next command printed, for a run that did not end as it should. */
  readonly printed: string;
  /** From the kill until the next controller has appended something; `null` where nothing was left to do. */
  readonly toFirstAppendMs: number | null;
  /** From the kill to the end of the deployment. */
  readonly toEndMs: number | null;
}

/** A rollout that nobody disturbs. */
export interface CalmRun {
  /** What each append held. */
  readonly appends: readonly (readonly string[])[];
  readonly end: End;
}

type Line =
  | {
      readonly append: number;
      readonly id: string;
      readonly seq: number;
      readonly types: readonly string[];
    }
  | { readonly struck: number }
  | { readonly outcome: string }
  | { readonly error: { readonly code: string | null; readonly message: string } };

/** What a controller has printed. */
export function linesOf(stdout: string): Line[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Line);
}

export async function calmRun(project: CrashProject, orders: ControllerOrders = {}): Promise<CalmRun> {
  const { stdout, stderr, exitCode } = await project.control(await project.nextVersion(), orders).ended;
  if (exitCode !== 0) throw new Error(`the undisturbed rollout failed:\n${stdout}${stderr}`);
  const appends = linesOf(stdout).flatMap((line) => ('append' in line ? [line.types] : []));
  return { appends, end: await project.end() };
}

/** Every moment of a rollout of so many appends. */
export function momentsOf(appends: number): Moment[] {
  return Array.from({ length: appends }, (_, index) => index + 1).flatMap((at) => [
    { at, when: 'before' },
    { at, when: 'after' },
  ]);
}

/** The same rollout takes an append more or less, as two targets are done at once or one after the other. */
const TRIES = 3;

/**
 * Kills the controller at that moment, and has the next command do what is left. `null` when the rollout has
 * no such moment, however often it is tried.
 */
export async function killedRun(project: CrashProject, moment: Moment): Promise<KilledRun | null> {
  for (let tried = 0; tried < TRIES; tried++) {
    const run = await tryToKill(project, moment);
    if (run !== null) return run;
  }
  return null;
}

async function tryToKill(project: CrashProject, moment: Moment): Promise<KilledRun | null> {
  const before = await project.newest();
  const version = await project.nextVersion();
  const controller = project.control(version, { signal: 'SIGKILL', ...moment });
  const { stdout, stderr, signal } = await controller.ended;
  const lines = linesOf(stdout);
  const struck = lines.flatMap((line) => ('struck' in line ? [line.struck] : []))[0];
  if (lines.some((line) => 'outcome' in line)) return null;
  if (signal !== 'SIGKILL' || struck === undefined) {
    throw new Error(`the controller was not killed at append ${moment.at}:\n${stdout}${stderr}`);
  }
  const left = await project.newest();
  const begun = left.id !== before.id;
  const told = begun ? left.events.length : 0;
  const rest = await goOn(project, version, begun, left.ended);
  const end = await project.end();
  const { events } = await project.newest();
  const firstAt = events[told]?.at;
  const lastAt = events.at(-1)?.at ?? 0;
  return {
    moment,
    events: lines.flatMap((line) => ('append' in line && line.append === moment.at ? line.types : [])),
    end,
    ...rest,
    toFirstAppendMs: firstAt === undefined ? null : firstAt - struck,
    toEndMs: firstAt === undefined ? null : lastAt - struck,
  };
}

/** What a person types: `deploy` where nothing was begun, `resume` where something was left. */
async function goOn(
  project: CrashProject,
  version: string,
  begun: boolean,
  ended: boolean,
): Promise<{ exitCode: number | null; printed: string }> {
  if (ended && begun) return { exitCode: project.scenario.fails === true ? 3 : 0, printed: '' };
  const argv = begun ? ['resume'] : ['deploy', 'hello', version];
  const { exitCode, stdout, stderr } = await project.hello.sluice(...argv);
  return { exitCode, printed: `sluice ${argv.join(' ')}\n${stdout}${stderr}` };
}
