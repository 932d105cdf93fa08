/**
 * Runs a command and measures all of it: also what it leaves running in the background, such as a master connection, since
 * it runs in a control group of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Measurement {
  readonly seconds: number;
  /** User and system time of all processes of the controller. */
  readonly cpuSeconds: number;
  /** The same, of the hosts. */
  readonly hostCpuSeconds: number;
  /** All processes of the controller together, shared pages divided among those who share them. */
  readonly peakMb: number;
  /** Between controller and hosts, both ways, with all headers. */
  readonly wireMb: number;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const MB = 1_000_000;
const KIB = 1024;
const NS_PER_SECOND = 1_000_000_000;
const US_PER_SECOND = 1_000_000;
/** Looking at memory takes at most this share of one core. */
const SAMPLING_SHARE = 0.05;
const SHORTEST_SAMPLE_MS = 50;

/** A control group for CPU time, of either version of Linux's control groups. */
export class CpuGroup implements Disposable {
  readonly #folder: string;
  readonly #isV2: boolean;

  constructor(name: string) {
    this.#isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
    this.#folder = join('/sys/fs/cgroup', this.#isV2 ? '' : 'cpuacct', name);
    mkdirSync(this.#folder, { recursive: true });
  }

  /** A process that runs already; one that has just ended is passed over. */
  add(pid: number): void {
    try {
      writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** What a shell does to be in it, with all that it starts. */
  get joining(): string {
    return `echo $$ >${this.#folder}/cgroup.procs`;
  }

  get pids(): number[] {
    const text = readFileSync(join(this.#folder, 'cgroup.procs'), 'utf8');
    return text.split('\n').filter(Boolean).map(Number);
  }

  /** So far. */
  get cpuSeconds(): number {
    if (!this.#isV2) {
      return Number(readFileSync(join(this.#folder, 'cpuacct.usage'), 'utf8')) / NS_PER_SECOND;
    }
    const stat = readFileSync(join(this.#folder, 'cpu.stat'), 'utf8');
    return Number(/^usage_usec (\d+)/m.exec(stat)?.[1]) / US_PER_SECOND;
  }

  /** Ends whatever is left in it. */
  async clear(): Promise<void> {
    for (let pids = this.pids; pids.length > 0; pids = this.pids) {
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {}
      }
      await sleep(10);
    }
  }

  [Symbol.dispose](): void {
    rmdirSync(this.#folder);
  }
}

/** @throws Error with what it printed when it fails */
export async function measure(
  command: Command,
  controller: CpuGroup,
  hosts: CpuGroup,
  wireBytes: () => number,
): Promise<Measurement> {
  const before = {
    cpu: controller.cpuSeconds,
    hosts: hosts.cpuSeconds,
    wire: wireBytes(),
    at: performance.now(),
  };
  const child = spawn('sh', ['-c', `${controller.joining} && exec "$@"`, 'sh', ...command.argv], {
    env: { ...process.env, ...command.env },
    cwd: command.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-20_000);
    });
  }
  const ended = new AbortController();
  const peak = peakOf(controller, ended.signal);
  // Not `close`: what is left in the background may hold its output open.
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  const after = {
    at: performance.now(),
    cpu: controller.cpuSeconds,
    wire: wireBytes(),
    hosts: hosts.cpuSeconds,
  };
  ended.abort();
  const peakMb = (await peak) / MB;
  await controller.clear();
  if (exitCode !== 0) throw new Error(`${command.argv.join(' ')} ended with ${exitCode}:\n${said}`);
  return {
    seconds: (after.at - before.at) / 1_000,
    cpuSeconds: after.cpu - before.cpu,
    hostCpuSeconds: after.hosts - before.hosts,
    peakMb,
    wireMb: (after.wire - before.wire) / MB,
  };
}

async function peakOf(group: CpuGroup, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    const begun = performance.now();
    peak = Math.max(
      peak,
      group.pids.map(pssOf).reduce((sum, bytes) => sum + bytes, 0),
    );
    const tookMs = performance.now() - begun;
    await sleep(Math.max(SHORTEST_SAMPLE_MS, tookMs / SAMPLING_SHARE), undefined, { signal }).catch(() => {});
  }
  return peak;
}

function pssOf(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * KIB;
  } catch {
    return 0;
  }
}
