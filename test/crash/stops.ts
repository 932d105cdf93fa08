/**
 * A controller that is stopped with SIGSTOP, overtaken by another that finishes the deployment, and continued:
 * it changes nothing more.
 */
import { readFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import type { StartedProcess } from '../support/run-process.ts';
import { waitFor } from '../support/wait-for.ts';
import type { CrashProject, End } from './crash-project.ts';
import { linesOf, type Moment } from './kills.ts';

const WAIT = { timeoutMs: 20_000 };

/** One rollout whose controller was stopped. */
export interface StoppedRun {
  readonly where: string;
  /** What it came to, as the one who took over has left it. */
  readonly end: End;
  /** What the stopped one has changed after it was continued: nothing. */
  readonly changed: readonly string[];
  /** It ended because another has the lease. */
  readonly isFenced: boolean;
  readonly exitCode: number | null;
  readonly printed: string;
  /** From SIGSTOP until the deployment was at its end. */
  readonly toEndMs: number;
}

/** All that a controller could change: the journal, what runs, where the traffic goes. */
interface Picture {
  readonly events: number;
  readonly lease: string;
  /** The supervisor's memory, which it writes at each change: instances with pid and start, and routes. */
  readonly supervisor: string;
  readonly end: string;
}

type Newest = Awaited<ReturnType<CrashProject['newest']>>;

/** Places in a canary where a controller is stopped until its lease has run out. */
export const PLACES: Readonly<Record<string, (newest: Newest) => boolean>> = {
  'in an update': (newest) => kindOfStep(newest) === 'update',
  'in a bake': (newest) => kindOfStep(newest) === 'bake',
  'before a shift': (newest) => kindOfStep(newest) === 'shift' && newest.events.some(isUpdated),
};

function kindOfStep({ events }: Newest): string | undefined {
  const [created] = events;
  const begun = events.findLast((event) => event.type === 'step-started');
  if (created?.type !== 'deployment-created' || begun === undefined) return undefined;
  return created.plan.steps[begun.step]?.kind;
}

function isUpdated(event: DeploymentEvent): boolean {
  return (
    event.type === 'operations-finished' && event.outcomes.some(({ operation }) => operation === 'admit')
  );
}

/** What the one who takes over does: finish what was begun, or take it back. */
type TakeOver = 'resume' | 'abort';

/**
 * Stops itself at an append, before or after it. That its lease runs out is done for it: by its own clock it
 * still has it, which is harder than the truth. `null` when the deployment was over by then.
 */
export async function stoppedAtAppend(
  project: CrashProject,
  moment: Moment,
  takeOver: TakeOver,
): Promise<StoppedRun | null> {
  const before = (await project.newest()).id;
  const version = await project.nextVersion();
  await using controller = project.control(version, { signal: 'SIGSTOP', ...moment });
  const stopped = await waitFor(
    'the controller to be stopped, or at its end',
    () => linesOf(whole(controller.stdout)).find((line) => 'struck' in line || 'outcome' in line),
    WAIT,
  );
  if (!('struck' in stopped)) return null;
  await waitFor('it to be stopped', () => isStopped(controller.pid), WAIT);
  endLease(project);
  const { id, ended } = await project.newest();
  if (id !== before && ended) {
    controller.kill('SIGCONT');
    await controller.ended;
    return null;
  }
  const argv = id === before ? ['deploy', 'hello', version] : [takeOver, id];
  const where = `append ${moment.at}, ${moment.when}, ${argv[0]}`;
  return await overtaken(project, controller, { where, argv, struck: stopped.struck });
}

/** Stops a `sluice deploy` when its journal says so; its lease runs out by itself. */
export async function stoppedInTheMiddle(
  project: CrashProject,
  where: string,
  isThere: (newest: Newest) => boolean,
): Promise<StoppedRun> {
  const before = (await project.newest()).id;
  await using controller = project.hello.start('deploy', 'hello', await project.nextVersion());
  const there = async () => {
    const newest = await project.newest();
    return newest.id !== before && isThere(newest);
  };
  await waitFor(where, there, { ...WAIT, intervalMs: 1 });
  controller.kill('SIGSTOP');
  const struck = Date.now();
  await waitFor('it to be stopped', () => isStopped(controller.pid), WAIT);
  await leaseRunsOut(project);
  const argv = ['resume', (await project.newest()).id];
  return await overtaken(project, controller, { where, argv, struck });
}

/**
 * Stops a `sluice deploy` that has called the supervisor, which was stopped before: the call waits on the wire, is
 * carried out when nobody waits for its answer any more, and is then taken back by another controller.
 */
export async function stoppedOnTheWire(project: CrashProject): Promise<StoppedRun> {
  const before = (await project.newest()).id;
  const supervisor = await project.hello.supervisorPid();
  await using controller = project.hello.start('deploy', 'hello', await project.nextVersion());
  const isActivating = async () => {
    const { id, events } = await project.newest();
    return (
      id !== before &&
      events.some(
        (one) =>
          one.type === 'operations-started' && one.intents.some(({ operation }) => operation === 'stage'),
      )
    );
  };
  await waitFor('the release to be staged', isActivating, { ...WAIT, intervalMs: 1 });
  process.kill(supervisor, 'SIGSTOP');
  let struck: number;
  try {
    const began = (await project.newest()).events.length;
    // It goes on until it waits for an answer of the supervisor.
    await waitFor('a call', async () => (await project.newest()).events.length >= began, WAIT);
    await quiet(project);
    controller.kill('SIGSTOP');
    struck = Date.now();
    await waitFor('it to be stopped', () => isStopped(controller.pid), WAIT);
  } finally {
    process.kill(supervisor, 'SIGCONT');
  }
  await leaseRunsOut(project);
  const argv = ['abort', (await project.newest()).id];
  return await overtaken(project, controller, { where: 'a call on the wire', argv, struck });
}

async function overtaken(
  project: CrashProject,
  controller: StartedProcess,
  { where, argv, struck }: { where: string; argv: readonly string[]; struck: number },
): Promise<StoppedRun> {
  const other = await project.hello.sluice(...argv);
  const expected = argv[0] === 'abort' ? 5 : project.scenario.fails === true ? 3 : 0;
  if (other.exitCode !== expected) {
    throw new Error(`${where}: ${argv[0]} ended with ${other.exitCode}:\n${other.stdout}${other.stderr}`);
  }
  const toEndMs = Date.now() - struck;
  const before = await picture(project);
  controller.kill('SIGCONT');
  const { exitCode, stdout, stderr } = await controller.ended;
  const after = await picture(project);
  const keys = Object.keys(before) as (keyof Picture)[];
  const changed = keys
    .filter((key) => before[key] !== after[key])
    .map((key) => `${key}: ${before[key]} -> ${after[key]}`);
  const printed = stdout + stderr;
  const isFenced = exitCode === 8 && printed.includes(') is over: ');
  return { where, end: await project.end(), changed, isFenced, exitCode, printed, toEndMs };
}

async function picture(project: CrashProject): Promise<Picture> {
  const { id, events } = await project.newest();
  return {
    events: events.length,
    lease: JSON.stringify(await project.journal.lease({ service: 'hello', environment: 'local' })),
    supervisor: readFileSync(project.hello.state('local', 'supervisor-state.json'), 'utf8'),
    end: `${id} ${JSON.stringify(await project.end())}`,
  };
}

/** As if its six seconds were over. */
function endLease({ journal }: CrashProject): void {
  const db = new Sqlite(journal.file);
  db.exec('UPDATE lease SET expires_at = 0');
  db.close();
}

async function leaseRunsOut({ journal }: CrashProject): Promise<void> {
  const key = { service: 'hello', environment: 'local' };
  await waitFor(
    'the lease to run out',
    async () => ((await journal.lease(key))?.expiresAt ?? 0) <= Date.now(),
    WAIT,
  );
}

/** Until nothing has been appended for a while. */
async function quiet(project: CrashProject): Promise<void> {
  let seen = { events: -1, since: 0 };
  await waitFor('quiet', async () => {
    const events = (await project.newest()).events.length;
    if (events !== seen.events) seen = { events, since: performance.now() };
    return performance.now() - seen.since > 300;
  });
}

/** Without a line that is not whole yet. */
function whole(stdout: string): string {
  return stdout.slice(0, stdout.lastIndexOf('\n') + 1);
}

function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.startsWith('T') ?? false;
}
