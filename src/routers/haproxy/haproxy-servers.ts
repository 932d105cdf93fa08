/** The servers of ours in a HAProxy: how one comes, how one goes, and what each is doing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../errors.ts';
import type { Backend } from '../router.ts';
import { assertDone, assertVersion, type RunningServer, readServers } from './answers.ts';
import {
  addServer,
  deleteServer,
  endSessions,
  joined,
  setState,
  setWeight,
  showServers,
} from './commands.ts';
import type { HaproxyConnection } from './connection.ts';
import { isOf, serverName } from './server-name.ts';

interface HaproxyServersOptions {
  readonly connection: HaproxyConnection;
  readonly serverOptions: readonly string[];
  readonly healthyTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

const POLL_MS = 25;

/** How long HAProxy may take to let go of a server that has no requests. */
const REMOVE_TIMEOUT_MS = 10_000;

export class HaproxyServers {
  readonly #connection: HaproxyConnection;
  readonly #serverOptions: readonly string[];
  readonly #healthyTimeoutMs: number;
  readonly #drainTimeoutMs: number;
  #versionKnown = false;

  constructor(options: HaproxyServersOptions) {
    this.#connection = options.connection;
    this.#serverOptions = options.serverOptions;
    this.#healthyTimeoutMs = options.healthyTimeoutMs;
    this.#drainTimeoutMs = options.drainTimeoutMs;
  }

  /** A server for the backend that takes requests as soon as it gets a weight. */
  async addHealthy(name: string, wanted: Backend, signal: AbortSignal): Promise<RunningServer> {
    const deadline = performance.now() + this.#healthyTimeoutMs;
    let added: RunningServer | null = null;
    try {
      for (;;) {
        const found = await this.#addOnce(name, wanted, signal);
        if (found.isNew) added = found.server;
        const { server } = found;
        if (server.health === 'up' && !server.draining) return server;
        if (performance.now() > deadline) throw notHealthy(wanted, server, name, this.#healthyTimeoutMs);
        await sleep(POLL_MS, undefined, { signal });
      }
    } catch (error) {
      // Not the signal of the operation: that may be what ended it.
      if (added !== null)
        await this.#remove(name, added, AbortSignal.timeout(REMOVE_TIMEOUT_MS)).catch(() => {});
      throw error;
    }
  }

  /** The server at this address, which is added, or brought back from leaving, where it has to be. */
  async #addOnce(
    name: string,
    wanted: Backend,
    signal: AbortSignal,
  ): Promise<{ readonly server: RunningServer; readonly isNew: boolean }> {
    const ofTarget = (await this.list(name, signal)).filter((each) =>
      isOf(each, wanted.target, wanted.release),
    );
    // What it is told of a server in maintenance is not what a check has just seen: a new one takes its place.
    const known = ofTarget.find((each) => !each.inMaintenance && sameAddress(each, wanted));
    if (known !== undefined) {
      if (known.draining) {
        await this.tell([setWeight(name, known.name, 0), setState(name, known.name, 'ready')], signal);
      }
      return { server: known, isNew: false };
    }
    const turn = Math.max(0, ...ofTarget.map((each) => each.turn)) + 1;
    const key = { target: wanted.target, release: wanted.release, turn };
    const server = serverName(key);
    await this.tell(addServer(name, server, wanted.address, this.#serverOptions), signal);
    const unseen = {
      weight: 0,
      health: 'unknown',
      probe: '',
      draining: false,
      inMaintenance: false,
    } as const;
    const { address } = wanted;
    return { server: { ...key, ...unseen, name: server, address, inFlight: 0, requests: 0 }, isNew: true };
  }

  /** Lets the servers finish and deletes them. Resolves with how many requests were cut off. */
  async leave(name: string, which: (server: RunningServer) => boolean, signal: AbortSignal): Promise<number> {
    const deadline = performance.now() + this.#drainTimeoutMs;
    let inFlight = 0;
    for (;;) {
      const leaving = (await this.list(name, signal)).filter(which);
      const late = performance.now() > deadline;
      if (leaving.length === 0) {
        if (inFlight === 0 || late) return inFlight;
      } else {
        inFlight = leaving.reduce((sum, server) => sum + server.inFlight, 0);
        const undrained = leaving.filter((server) => !server.draining && !server.inMaintenance);
        await this.tell(
          undrained.map((server) => setState(name, server.name, 'drain')),
          signal,
        );
        const drained = inFlight === 0 && undrained.length === 0;
        if (drained || late) {
          for (const server of leaving) await this.#remove(name, server, signal);
          return inFlight;
        }
      }
      // A server that was seen busy and is gone was in a HAProxy that was reloaded: the old process still
      // answers what it has, but cannot be asked any more, so it gets the time that is left.
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** Takes the server out of HAProxy, with what it still has in flight. */
  async #remove(name: string, server: RunningServer, signal: AbortSignal): Promise<void> {
    await this.tell([setState(name, server.name, 'maint'), endSessions(name, server.name)], signal);
    const deadline = performance.now() + REMOVE_TIMEOUT_MS;
    for (;;) {
      const command = deleteServer(name, server.name);
      const answer = await this.#connection(command, signal);
      if (/No such server/.test(answer)) return;
      // Idle connections to it are closed by and by.
      const busy = /still has connections/.test(answer);
      if (!busy || performance.now() > deadline) return assertDone(answer, command);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** The servers of ours that HAProxy has in this backend. */
  async list(name: string, signal: AbortSignal): Promise<readonly RunningServer[]> {
    if (!this.#versionKnown) {
      assertVersion(await this.#connection('show info', signal));
      this.#versionKnown = true;
    }
    return readServers(await this.#connection(showServers(name), signal), name);
  }

  /** @throws OperationError when HAProxy does not do it */
  async tell(commands: readonly string[], signal: AbortSignal): Promise<void> {
    for (const line of joined(commands)) assertDone(await this.#connection(line, signal), line);
  }
}

function sameAddress({ address }: RunningServer, wanted: Backend): boolean {
  return address.host === wanted.address.host && address.port === wanted.address.port;
}

function notHealthy(wanted: Backend, server: RunningServer, name: string, timeoutMs: number): OperationError {
  const { target, address } = wanted;
  return new OperationError(
    `HAProxy did not find target ${target} healthy at ${address.host}:${address.port} within ${timeoutMs} ms`,
    {
      evidence: { probe: server.probe },
      remedy: `Ask it from the machine of HAProxy, as the check of backend ${name} does: firewall, path and port.`,
    },
  );
}
