/**
 * The instances that a supervisor keeps running, by service, target and release: starting, stopping, and
 * taking over those of a supervisor before it.
 */
import { randomUUID } from 'node:crypto';
import { messageOf, SupervisorError } from '../errors.ts';
import { ManagedProcess, type Surroundings } from './managed-process.ts';
import { PortPicker } from './port-picker.ts';
import { endGroup } from './process-group.ts';
import { findMarked, identifyProcess, identifyProcesses, type MarkedProcess } from './process-identity.ts';
import type { InstanceKey, ProcessSpec, ProcessStatus } from './protocol.ts';
import { Adoptions, markOf } from './running-process.ts';
import type { ProcessRecord } from './state-file.ts';

const LEFTOVER_TIMEOUT_MS = 1_000;

export class Processes {
  readonly #around: Surroundings;
  readonly #ports = new PortPicker();
  readonly #adoptions = new Adoptions();
  readonly #processes = new Map<string, ManagedProcess>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get size(): number {
    return this.#processes.size;
  }

  records(): ProcessRecord[] {
    return [...this.#processes.values()].map((process) => process.record());
  }

  /** Of one service, or all. */
  statuses(service: string | null): ProcessStatus[] {
    const all = [...this.#processes.values()].map((process) => process.status());
    return service === null ? all : all.filter((status) => status.service === service);
  }

  /**
   * Starts the instance unless it runs already.
   * @throws OperationError when its program cannot be started
   * @throws SupervisorError when it cannot be written down
   */
  async start(spec: ProcessSpec): Promise<ProcessStatus> {
    const key = keyOf(spec);
    const stopping = this.#processes.get(key);
    if (stopping?.stopping) await this.stop(spec);
    const process = this.#processes.get(key) ?? (await this.#create(spec));
    try {
      await process.start(spec);
    } catch (error) {
      await this.stop(spec);
      throw error;
    }
    return process.status();
  }

  /** Stops the instance if there is one; resolves when nothing of it lives. */
  async stop(key: InstanceKey): Promise<void> {
    const name = keyOf(key);
    const process = this.#processes.get(name);
    if (process === undefined) return;
    await process.stop();
    if (this.#processes.get(name) !== process) return;
    this.#forget(name, process);
    await this.#around.saveEventually();
  }

  /** Stops the instances of one service, or all, each with its own time. */
  async stopAll(service: string | null): Promise<void> {
    await Promise.all(this.statuses(service).map((status) => this.stop(status)));
  }

  /** Takes over what an earlier supervisor has left: what runs is adopted, what does not is started again. */
  async restore(records: readonly ProcessRecord[]): Promise<void> {
    const living = await identifyProcesses(records.flatMap(({ pid }) => (pid === null ? [] : [pid])));
    const lost = records.filter(({ pid, identity }) => pid === null || living.get(pid) !== identity);
    const marked = findMarked(new Set(lost.map(({ token }) => markOf(token))));
    for (const record of records) this.#ports.keep(record.port);
    await Promise.all(
      records.map(async (record) => {
        const process = new ManagedProcess(record, this.#around);
        this.#processes.set(keyOf(record.spec), process);
        const { pid, identity } = record;
        if (pid !== null && identity !== null && living.get(pid) === identity) {
          process.adopt(this.#adoptions.adopt(pid, identity));
        } else {
          await this.#recover(process, record, marked.get(markOf(record.token)) ?? []);
        }
        if (record.stopping) void this.stop(record.spec).catch(this.#report);
      }),
    );
  }

  /** Leaves everything running and does nothing more. */
  letGo(): void {
    this.#adoptions.close();
    for (const process of this.#processes.values()) process.letGo();
  }

  async #create(spec: ProcessSpec): Promise<ManagedProcess> {
    const port = await this.#ports.pick();
    const key = keyOf(spec);
    const other = this.#processes.get(key);
    if (other !== undefined) {
      this.#ports.giveBack(port);
      return other;
    }
    const token = randomUUID();
    const fresh = { pid: null, identity: null, startedAt: null, restarts: 0, failures: 0, lastExit: null };
    const process = new ManagedProcess({ spec, port, token, ...fresh, stopping: false }, this.#around);
    this.#processes.set(key, process);
    try {
      // Written down before it is started: should this supervisor die in between, the next one looks for it.
      await this.#save();
    } catch (error) {
      this.#forget(key, process);
      throw error;
    }
    return process;
  }

  /**
   * The process that is remembered does not live. Another one may: one that was started in the moment before
   * the death of its supervisor, too late to be written down.
   */
  async #recover(
    process: ManagedProcess,
    record: ProcessRecord,
    marked: readonly MarkedProcess[],
  ): Promise<void> {
    const leftover = marked.find(({ group }) => group === record.pid);
    if (leftover !== undefined) await endGroup(leftover.group, LEFTOVER_TIMEOUT_MS).catch(this.#report);
    const leader = marked.find(({ pid, group }) => pid === group && group !== record.pid);
    const identity = leader === undefined ? null : await identifyProcess(leader.pid);
    if (leader !== undefined && identity !== null) {
      process.adopt(this.#adoptions.adopt(leader.pid, identity));
    } else if (!record.stopping) {
      await process.resume();
    }
  }

  #forget(key: string, process: ManagedProcess): void {
    this.#processes.delete(key);
    this.#ports.giveBack(process.port);
  }

  async #save(): Promise<void> {
    try {
      await this.#around.save();
    } catch (error) {
      throw new SupervisorError(`the supervisor cannot write down what runs: ${messageOf(error)}`, {
        cause: error,
        remedy: 'Free some space on the disk of the state folder.',
      });
    }
  }

  readonly #report = (error: unknown): void => this.#around.report(messageOf(error));
}

function keyOf({ service, target, release }: InstanceKey): string {
  return `${service}/${release}/${target}`;
}
