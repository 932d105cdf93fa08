/** Keeps a service as busy as it can be, and counts what it did not answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Load } from '../../scripts/demo/load.ts';
import { type StartedProcess, startProcess } from '../../test/support/run-process.ts';

/**
 * Keep-alive connections, each with one request under way at a time: enough that the service never waits for
 * work, and few enough that wrk starves nobody, see `wrkCores`.
 */
export const CONNECTIONS = 16;
/** Counted as lost when it takes longer. */
export const TIMEOUT_S = 2;
const LONGEST_RUN_S = 3_600;

export interface LoadResult {
  /** Answers, whatever their status. */
  readonly answered: number;
  /** Socket errors, answers that took longer than the timeout, and answers with a status of 400 or more. */
  readonly lost: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** What wrk itself took of the machine: 1 is one core. */
  readonly wrkCores: number;
  /** The same of eight more connections, of which each request is followed to its end, for ten seconds at most. */
  readonly witness: { readonly sent: number; readonly lost: number };
}

/**
 * wrk makes the load but does not notice a request that is never answered; the witness beside it, a little
 * load of its own, does.
 */
export class FullLoad implements AsyncDisposable {
  readonly #wrk: StartedProcess;
  readonly #witness: Load;
  readonly #begunAt = performance.now();

  constructor(url: string) {
    const script = join(import.meta.dirname, 'report.lua');
    const options = [
      '-t1',
      `-c${CONNECTIONS}`,
      `-d${LONGEST_RUN_S}s`,
      `--timeout=${TIMEOUT_S}s`,
      '-s',
      script,
    ];
    this.#wrk = startProcess(['wrk', ...options, url], { timeoutMs: LONGEST_RUN_S * 1_000 });
    this.#witness = new Load(url);
    this.#witness.start();
  }

  async stop(): Promise<LoadResult> {
    const wrkCores = cpuSeconds(this.#wrk.pid) / ((performance.now() - this.#begunAt) / 1_000);
    // wrk takes it as the end of its time.
    this.#wrk.kill('SIGINT');
    const [{ stderr }, { sent, lost }] = await Promise.all([this.#wrk.ended, this.#witness.stop()]);
    const report = JSON.parse(stderr) as Record<'answered' | 'lost' | 'p50' | 'p99' | 'max', number>;
    return {
      answered: report.answered,
      lost: report.lost,
      p50Ms: report.p50 / 1_000,
      p99Ms: report.p99 / 1_000,
      maxMs: report.max / 1_000,
      wrkCores,
      witness: { sent, lost },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wrk[Symbol.asyncDispose]();
    await this.#witness.stop();
  }
}

/** User and system time of a process; its clock ticks a hundred times a second on Linux. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
