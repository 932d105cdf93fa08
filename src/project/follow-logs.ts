/** All logs of a service as they are written, also those of releases that come meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../errors.ts';
import type { InstanceLog } from './fleet/fleet.ts';
import type { ServiceDeployer } from './service-deployer.ts';

/** How often it is looked what runs. */
const LOOK_MS = 5_000;
const LOOK_TIMEOUT_MS = 30_000;
/** Of a release that has come meanwhile: from its beginning, but for a very long one. */
const LINES_OF_NEW = 10_000;
/** What does not run any more has written its last line by the second look. */
const LOOKS_AFTER_END = 2;

interface Followed {
  readonly ending: AbortController;
  /** It has stopped; when it comes back, only what is new of it counts. */
  hasEnded: boolean;
  /** Looks that have not seen it run, since one has; `null` before. */
  missed: number | null;
}

/** What is followed, and who hears of it. */
export interface Following {
  /** What is followed from the beginning. */
  readonly first: readonly InstanceLog[];
  /** Of the past, which come first. */
  readonly lines: number;
  readonly isMeant: (log: InstanceLog) => boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The next line of a log is read once this is done. */
  readonly onLine: (log: InstanceLog, line: string) => void | Promise<void>;
  /** What cannot be read for now, in words. */
  readonly onTrouble: (trouble: string) => void;
}

/** Resolves with `true` when `signal` has ended it, with `false` when no log can be read any more. */
export async function followLogs(deployer: ServiceDeployer, following: Following): Promise<boolean> {
  const { first, lines, isMeant, signal: ended, onLine, onTrouble } = following;
  // Ended here too when the following itself fails, so that nothing is read any more.
  const ending = new AbortController();
  const end = () => ending.abort();
  ended.addEventListener('abort', end, { once: true });
  if (ended.aborted) end();
  const followed = new Map<string, Followed>();
  let failed = false;
  const follow = async (log: InstanceLog, past: number) => {
    const own = new AbortController();
    const signal = AbortSignal.any([own.signal, ending.signal]);
    followed.set(keyOf(log), { ending: own, hasEnded: false, missed: null });
    const tell = (trouble: OperationError | null) =>
      onTrouble(trouble === null ? `${log.target} answers again` : `${trouble.message}; trying again`);
    try {
      for await (const line of deployer.fleet.followLog(log, { signal, lines: past, onTrouble: tell })) {
        await onLine(log, line);
      }
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      failed = true;
      onTrouble(error.message);
    }
  };
  const running = new Set<Promise<void>>();
  const start = (log: InstanceLog, past: number) => {
    const one: Promise<void> = follow(log, past).finally(() => running.delete(one));
    running.add(one);
  };
  for (const log of first) start(log, lines);
  const reached = new Set(first.map(({ target }) => target));
  const watching = (async () => {
    while (!ending.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: ending.signal }).catch(() => {});
      if (ending.signal.aborted) return;
      const seen = await lookAt(deployer, ending.signal);
      for (const log of endAndFind(seen, followed).filter(isMeant)) {
        const isBack = followed.get(keyOf(log))?.hasEnded === true;
        start(log, isBack ? 0 : reached.has(log.target) ? LINES_OF_NEW : lines);
        reached.add(log.target);
      }
      if (failed && running.size === 0) return;
    }
  })();
  try {
    await watching;
    await Promise.all(running);
    return ended.aborted;
  } finally {
    ended.removeEventListener('abort', end);
    end();
  }
}

interface Seen {
  readonly instances: readonly InstanceLog[];
  readonly unreachable: ReadonlyMap<string, Error>;
}

async function lookAt(deployer: ServiceDeployer, ended: AbortSignal): Promise<Seen | null> {
  const signal = AbortSignal.any([ended, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
  try {
    return await deployer.look({ signal });
  } catch (error) {
    // One that could not be made in time is made again.
    if (signal.aborted || error instanceof OperationError) return null;
    throw error;
  }
}

/** Ends the following of what has stopped; returns what runs and is not followed. */
function endAndFind(seen: Seen | null, followed: ReadonlyMap<string, Followed>): InstanceLog[] {
  if (seen === null) return [];
  const running = new Map(
    seen.instances.map(({ target, release }) => [keyOf({ target, release }), { target, release }]),
  );
  for (const [key, one] of followed) {
    if (one.hasEnded) continue;
    if (running.has(key)) one.missed = 0;
    else if (one.missed !== null && !seen.unreachable.has(key.slice(0, key.indexOf('\n')))) one.missed += 1;
    if (one.missed !== LOOKS_AFTER_END) continue;
    one.hasEnded = true;
    one.ending.abort();
  }
  const isFollowed = (key: string) => followed.get(key)?.hasEnded === false;
  return [...running].filter(([key]) => !isFollowed(key)).map(([, log]) => log);
}

function keyOf({ target, release }: InstanceLog): string {
  return `${target}\n${release}`;
}
