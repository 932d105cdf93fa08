/** Two `sluice deploy` of one service, released at the same instant: one deploys, the other is told who does. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ENVIRONMENT } from '../e2e/hello-project.ts';
import type { CrashProject } from './crash-project.ts';

const AT_ONCE = join(import.meta.dirname, 'at-once.mjs');
const REFUSED = /\S+@\S+ pid \d+ holds hello in local since \S+: deploying /;

interface Ended {
  readonly exitCode: number | null;
  readonly printed: string;
}

/** What came of one race. */
export interface Race {
  /** Deployments that were begun. */
  readonly begun: number;
  /** How both ended, the winner first. */
  readonly ended: readonly [Ended, Ended];
  /**
   * `told who`: refused with the name of the other. `too late`: the first had ended by then, and there was
   * nothing to do. `other`: neither.
   */
  readonly loser: 'told who' | 'too late' | 'other';
  /** Between the two beginnings to run, as their parent has let them go. */
  readonly apartMs: number;
  readonly tookMs: number;
}

export async function race(project: CrashProject): Promise<Race> {
  const before = (await project.journal.list({ limit: 1_000 })).length;
  const version = await project.nextVersion();
  const two = await Promise.all([1, 2].map(() => ready(project, version)));
  const begun = performance.now();
  for (const { child } of two) child.stdin.write('go\n');
  const apartMs = performance.now() - begun;
  const ended = (await Promise.all(two.map((one) => one.ended))) as [Ended, Ended];
  const tookMs = performance.now() - begun;
  ended.sort((a, b) => Number(a.exitCode !== 0) - Number(b.exitCode !== 0));
  // Of two that went well the one that did nothing is the loser.
  if (ended[1].exitCode === 0 && isNothing(ended[0])) ended.reverse();
  const after = (await project.journal.list({ limit: 1_000 })).length;
  return { begun: after - before, ended, loser: kindOf(ended[1]), apartMs, tookMs };
}

function kindOf(loser: Ended): Race['loser'] {
  if (loser.exitCode === 6 && REFUSED.test(loser.printed)) return 'told who';
  return loser.exitCode === 0 && isNothing(loser) ? 'too late' : 'other';
}

function isNothing({ printed }: Ended): boolean {
  return printed.includes('already');
}

async function ready(
  project: CrashProject,
  version: string,
): Promise<{ child: ChildProcessWithoutNullStreams; ended: Promise<Ended> }> {
  const child = spawn(process.execPath, [AT_ONCE, 'deploy', 'hello', version], {
    cwd: project.hello.dir,
    env: { ...process.env, ...ENVIRONMENT },
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const isReady = once(child.stdout, 'data');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, printed }));
  const tooSoon = ended.then(({ exitCode }) => {
    throw new Error(`a command ended with ${exitCode} before it was let go:\n${printed}`);
  });
  await Promise.race([isReady, tooSoon]);
  tooSoon.catch(() => {});
  return { child, ended };
}
