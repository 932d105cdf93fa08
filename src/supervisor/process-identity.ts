/**
 * Who a process is. A pid alone is not enough: it is given to another process once its owner is gone. The pid
 * together with the moment of its start, and of the machine's, never comes twice.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LINUX = process.platform === 'linux';
const PS_TIMEOUT_MS = 5_000;

/** The fields of `/proc/<pid>/stat` that matter here. */
interface ProcessStat {
  /** `Z` and `X` are dead, only not yet collected by their parent. */
  readonly state: string;
  readonly group: number;
  /** Clock ticks since the machine's start. */
  readonly startTime: string;
}

/** The identity of each of the pids that is a living process; zombies do not count. */
export async function identifyProcesses(pids: readonly number[]): Promise<Map<number, string>> {
  if (LINUX) return identifyFromProc(pids);
  return pids.length === 0 ? new Map() : parsePs(await askPs(pids));
}

/** The identity of one process, `null` when there is no such living process. */
export async function identifyProcess(pid: number): Promise<string | null> {
  return (await identifyProcesses([pid])).get(pid) ?? null;
}

function identifyFromProc(pids: readonly number[]): Map<number, string> {
  const identities = new Map<number, string>();
  for (const pid of pids) {
    const stat = readStat(pid);
    if (stat !== null) identities.set(pid, `${bootId()}:${stat.startTime}`);
  }
  return identities;
}

async function askPs(pids: readonly number[]): Promise<string> {
  const args = ['-o', 'pid=,stat=,lstart=', '-p', pids.join(',')];
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    return (await run('ps', args, { env, timeout: PS_TIMEOUT_MS })).stdout;
  } catch (error) {
    // It exits with 1 when there is none of them; anything else is a real failure.
    if ((error as { code?: unknown }).code === 1) return (error as { stdout: string }).stdout;
    throw error;
  }
}

/** Reads the output of `ps -o pid=,stat=,lstart=`: `  412 Ss   Mon Nov 23 15:22:07 2026`. */
export function parsePs(output: string): Map<number, string> {
  const identities = new Map<number, string>();
  for (const line of output.split('\n')) {
    const [, pid, state, startedAt] = /^\s*(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (pid === undefined || state === undefined || startedAt === undefined) continue;
    if (!state.startsWith('Z')) identities.set(Number(pid), startedAt);
  }
  return identities;
}

/**
 * Where the pids that this process sees mean something: the same for all who see the same processes under the
 * same pids with the same times of start. `null` where that cannot be told.
 */
export function pidSpace(): string | null {
  if (!LINUX) return `${process.platform} ${hostname()}`;
  try {
    // A /proc of another namespace shows others under our pids.
    if (readlinkSync('/proc/self') !== String(process.pid)) return null;
    // A namespace of time moves the times of start.
    return [bootId(), ...['pid', 'time'].map(namespaceOf)].join(' ');
  } catch {
    return null;
  }
}

function namespaceOf(kind: string): string {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`);
  } catch (error) {
    if (kind === 'time' && (error as NodeJS.ErrnoException).code === 'ENOENT') return 'older kernel';
    throw error;
  }
}

/**
 * When a process of this pid space was started, in words that only compare with each other; `gone` when there
 * is no such process, zombies not counted; `null` when there is one that cannot be looked at.
 */
export function startOfProcess(pid: number): string | null {
  if (LINUX) {
    try {
      return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.startTime ?? 'gone';
    } catch {
      // Gone, or hidden from us as another user's.
    }
  }
  try {
    process.kill(pid, 0);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'gone' : null;
  }
}

/** The living members of a process group. Only for Linux; elsewhere there is no cheap way to know. */
export function groupMembers(group: number): number[] {
  return allPids().filter((pid) => readStat(pid)?.group === group);
}

export interface MarkedProcess {
  readonly pid: number;
  readonly group: number;
}

/**
 * The living processes that were started with one of these lines (`NAME=value`) in their environment, by
 * line. Only for Linux; elsewhere nothing is found.
 */
export function findMarked(marks: ReadonlySet<string>): Map<string, MarkedProcess[]> {
  const found = new Map<string, MarkedProcess[]>();
  if (!LINUX || marks.size === 0) return found;
  for (const pid of allPids()) {
    const mark = environmentOf(pid).find((line) => marks.has(line));
    const stat = mark === undefined ? null : readStat(pid);
    if (mark === undefined || stat === null) continue;
    found.set(mark, [...(found.get(mark) ?? []), { pid, group: stat.group }]);
  }
  return found;
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // gone by now, or another user's
  }
}

function readStat(pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null; // gone
  }
}

/** Reads `/proc/<pid>/stat`: `412 (any (thing) here) S 1 412 ...`. `null` for the dead. */
export function parseStat(text: string): ProcessStat | null {
  const [state, , group, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTime = rest[16];
  if (state === undefined || startTime === undefined || state === 'Z' || state === 'X') return null;
  return { state, group: Number(group), startTime };
}

let knownBootId: string | undefined;

function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return knownBootId;
}
