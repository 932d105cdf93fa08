/**
 * One instance, kept running.
 *
 *   idle ──start──> running ──ended──> waiting ──backoff over──> running
 *    any ──stop──> stopping ──nothing of it lives──> stopped
 *    any ──letGo──> released
 */
import { messageOf } from '../errors.ts';
import { type LogFiles, logPath } from './log-files.ts';
import type { ProcessExit, ProcessSpec, ProcessStatus } from './protocol.ts';
import {
  endProcess,
  logTail,
  type ProcessEnd,
  type RunningProcess,
  startProcess,
} from './running-process.ts';
import type { ProcessRecord } from './state-file.ts';

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 30_000;
/** Whoever ran for so long did not fail at its start: the backoff begins anew. */
const STEADY_MS = 30_000;
/** What a crashed instance has left behind may end by itself for so long before it is killed. */
const LEFTOVER_TIMEOUT_MS = 1_000;

type Phase = 'idle' | 'running' | 'waiting' | 'stopping' | 'stopped' | 'released';

/** What an instance needs of its supervisor. */
export interface Surroundings {
  readonly stateDir: string;
  readonly logs: LogFiles;
  /** Writes down what is remembered of all instances; see `StateFile`. */
  readonly save: () => Promise<void>;
  readonly saveEventually: () => Promise<void>;
  readonly report: (line: string) => void;
}

export class ManagedProcess {
  readonly #around: Surroundings;
  readonly #record: ProcessRecord;
  readonly #log: string;
  #phase: Phase = 'idle';
  #running: RunningProcess | null = null;
  #starting: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;
  /** The end of what the last crash has left behind. */
  #leftovers: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | null = null;

  constructor(record: ProcessRecord, around: Surroundings) {
    this.#around = around;
    this.#record = { ...record };
    const { service, target, release } = record.spec;
    this.#log = logPath(around.stateDir, service, target, release);
  }

  get port(): number {
    return this.#record.port;
  }

  /** True from the moment it was asked to stop. */
  get stopping(): boolean {
    return this.#phase === 'stopping' || this.#phase === 'stopped';
  }

  /** What has to be remembered of it. */
  record(): ProcessRecord {
    const { pid, identity } = this.#running ?? { pid: null, identity: null };
    return { ...this.#record, pid, identity, stopping: this.stopping };
  }

  status(): ProcessStatus {
    const { spec, port, startedAt, restarts, lastExit } = this.#record;
    const { service, target, release } = spec;
    const pid = this.#running?.pid ?? null;
    return { service, target, release, state: this.#state(), port, pid, startedAt, restarts, lastExit };
  }

  /**
   * Sees to it that it runs, at once where it waits for its next try; from here its crashes are counted anew.
   * @throws OperationError when its program cannot be started
   */
  async start(spec: ProcessSpec): Promise<void> {
    this.#record.spec = spec;
    this.#record.restarts = 0;
    this.#record.failures = 0;
    if (this.#running === null) await this.#run();
    else void this.#around.saveEventually();
  }

  /** Takes over what an earlier supervisor has started. */
  adopt(process: RunningProcess): void {
    this.#around.logs.watch(this.#log);
    this.#record.startedAt ??= Date.now();
    this.#take(process);
  }

  /** Starts it again after it ended while no supervisor was there. */
  async resume(): Promise<void> {
    this.#phase = 'waiting';
    this.#record.lastExit = await this.#exit({ exitCode: null, signal: null, error: null });
    await this.#restart();
  }

  /** Ends it, and all that it has started; resolves when nothing of it lives. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop().catch((error: unknown) => {
      // It can be asked for once more.
      this.#stopped = null;
      throw error;
    });
    return this.#stopped;
  }

  /** Leaves it as it is, running or not, and does nothing more about it. */
  letGo(): void {
    this.#phase = 'released';
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  /** Whether it is no longer to be kept running. */
  get #ending(): boolean {
    return this.stopping || this.#phase === 'released';
  }

  #state(): ProcessStatus['state'] {
    return this.#phase === 'running' || this.#phase === 'stopping' ? this.#phase : 'starting';
  }

  #run(): Promise<void> {
    this.#starting ??= this.#startOnce().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #startOnce(): Promise<void> {
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#leftovers;
    if (this.#ending) return;
    this.#take(await startProcess(this.#record, this.#around.stateDir, this.#around.logs));
    this.#record.startedAt = Date.now();
    void this.#around.saveEventually();
  }

  #take(process: RunningProcess): void {
    this.#running = process;
    if (!this.#ending) this.#phase = 'running';
    void process.ended.then((end) => this.#ended(process, end));
  }

  async #ended(process: RunningProcess, end: ProcessEnd): Promise<void> {
    if (this.#ending) return;
    this.#running = null;
    this.#phase = 'waiting';
    const ranMs = Date.now() - (this.#record.startedAt ?? 0);
    if (ranMs >= STEADY_MS) this.#record.failures = 0;
    this.#leftovers = endProcess(process, LEFTOVER_TIMEOUT_MS).catch((error: unknown) =>
      this.#around.report(`what ${this.#log} left behind: ${messageOf(error)}`),
    );
    this.#record.lastExit = await this.#exit({ ...end, error: null });
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#phase !== 'waiting' || this.#starting !== null) return;
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#record.failures, LONGEST_BACKOFF_MS);
    this.#record.failures += 1;
    void this.#around.saveEventually();
    this.#retry = setTimeout(() => void this.#restart(), backoffMs);
  }

  async #restart(): Promise<void> {
    this.#record.restarts += 1;
    try {
      await this.#run();
    } catch (error) {
      this.#around.report(messageOf(error));
      this.#record.lastExit = await this.#exit({ exitCode: null, signal: null, error: messageOf(error) });
      this.#retryLater();
    }
  }

  async #exit(end: Pick<ProcessExit, 'exitCode' | 'signal' | 'error'>): Promise<ProcessExit> {
    const at = Date.now();
    return { at, ...end, log: await logTail(this.#log, this.#record.spec.secretsFile) };
  }

  async #stop(): Promise<void> {
    this.#phase = 'stopping';
    if (this.#retry !== null) clearTimeout(this.#retry);
    // Written down first: should this supervisor die now, the next one ends it instead of starting it again.
    await this.#around.saveEventually();
    await this.#starting?.catch(() => {});
    await this.#leftovers;
    if (this.#running !== null) await endProcess(this.#running, this.#record.spec.stopTimeoutMs);
    this.#running = null;
    this.#phase = 'stopped';
    this.#around.logs.unwatch(this.#log);
  }
}
