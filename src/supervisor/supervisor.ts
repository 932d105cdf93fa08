/**
 * The supervisor: a small daemon, one for each state folder, that keeps the local processes running and hosts
 * the embedded router, so that a command that ends or is killed changes nothing for the users of a service.
 *
 * Its own death changes nothing for the processes either: the next supervisor adopts them. What it has to
 * remember for that is in its state file, written before anything is done.
 */
import { join } from 'node:path';
import { HostedRouter } from './hosted-router.ts';
import { LogFiles } from './log-files.ts';
import { Processes } from './processes.ts';
import { type Handlers, SupervisorServer } from './server.ts';
import { announceSocket, freshSocketPath, withdrawSocket } from './socket-path.ts';
import { readState, StateFile } from './state-file.ts';

/** For calls and requests under way when it ends. */
const GRACE_MS = 5_000;
const LONGEST_LOOK_MS = 1_000;

export interface SupervisorOptions {
  /** Absolute; prepared, and locked, by the caller. */
  readonly stateDir: string;
  /** How long it stays with nothing to run and nobody connected. */
  readonly idleExitMs: number;
  readonly report: (line: string) => void;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #logs: LogFiles;
  readonly #processes: Processes;
  readonly #router: HostedRouter;
  readonly #server: SupervisorServer;
  readonly #state: StateFile;
  #end: Promise<void> | null = null;
  #tellEnd = () => {};
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;

  constructor(options: SupervisorOptions) {
    const { stateDir, report } = options;
    this.#options = options;
    this.#logs = new LogFiles(report);
    this.#router = new HostedRouter(report);
    const current = () => ({ processes: this.#processes.records(), router: this.#router.snapshot() });
    this.#state = new StateFile(stateDir, current, report);
    const save = () => this.#state.save();
    const saveEventually = () => this.#state.saveEventually();
    this.#processes = new Processes({ stateDir, logs: this.#logs, save, saveEventually, report });
    this.#server = new SupervisorServer(this.#handlers(), report);
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  /** Takes over what an earlier one has left, and begins to listen. */
  async start(): Promise<void> {
    const { stateDir, idleExitMs, report } = this.#options;
    this.#logs.watch(join(stateDir, 'supervisor.log'));
    const state = await readState(stateDir);
    if (state !== null) {
      await this.#router.restore(state.router);
      await this.#processes.restore(state.processes);
      report(`took over ${state.processes.length} instances`);
    }
    const socket = await freshSocketPath(stateDir);
    await this.#server.listen(socket);
    await announceSocket(stateDir, socket);
    setInterval(() => this.#endIfIdle(), Math.min(LONGEST_LOOK_MS, idleExitMs / 2));
  }

  /** Lets what is under way end, and leaves all processes running. */
  end(reason: string): Promise<void> {
    this.#end ??= this.#endOnce(reason);
    return this.#end;
  }

  async #endOnce(reason: string): Promise<void> {
    this.#options.report(`ends: ${reason}`);
    this.#processes.letGo();
    await this.#state.saveEventually();
    await Promise.all([this.#server.close(GRACE_MS), this.#router.close(GRACE_MS)]);
    await withdrawSocket(this.#options.stateDir);
    this.#tellEnd();
  }

  #endIfIdle(): void {
    const needed = this.#processes.size > 0 || this.#router.hasBackends;
    if (!needed && this.#server.quietMs >= this.#options.idleExitMs) void this.end('nothing is left to run');
  }

  #handlers(): Handlers {
    const router = this.#router;
    const processes = this.#processes;
    return {
      start: (spec) => processes.start(spec),
      stop: async (key) => {
        await processes.stop(key);
        return {};
      },
      inspect: async ({ service }) => processes.statuses(service),
      stopService: async ({ service }) => {
        await this.#stopServices(service);
        return {};
      },
      shutdown: async ({ stopProcesses }) => {
        if (stopProcesses) await this.#stopServices(null);
        // The answer is sent first.
        setImmediate(() => void this.end('it was asked to'));
        return {};
      },
      configureRoute: async ({ route }) => {
        const address = await router.configure(route);
        await this.#state.save();
        return address;
      },
      removeRoute: async ({ service }) => {
        await router.remove(service);
        await this.#state.saveEventually();
        return {};
      },
      describeRoute: async ({ service }) => router.describe(service),
      admit: async ({ service, backend, split }, signal) => {
        await router.admit(service, backend, split, { signal });
        await this.#state.save();
        return {};
      },
      drain: async ({ service, target, release }, signal) => {
        const draining = router.drain(service, target, release, { signal });
        void this.#state.saveEventually();
        return await draining;
      },
      shift: async ({ service, split }, signal) => {
        await router.shift(service, split, { signal });
        await this.#state.save();
        return {};
      },
      inspectRoute: async ({ service }, signal) => router.inspect(service, { signal }),
    };
  }

  /** Takes the routes away first, so that nobody is sent to an instance that ends. */
  async #stopServices(service: string | null): Promise<void> {
    const routed = service === null ? this.#router.services : [service];
    await Promise.all(routed.map((name) => this.#router.remove(name)));
    await this.#processes.stopAll(service);
    await this.#state.saveEventually();
  }
}
