/**
 * A HAProxy that is there already, steered while it runs. It owns which servers of ours are in the backends
 * of the services, and their weights.
 *
 * Two places say what the pool is. The config file says what it should be: who is in it, and the split
 * (`config-block.ts`). HAProxy itself, asked on its runtime socket, says what is (`answers.ts`). Every change
 * is written to the file and then told to HAProxy until it has nothing left to be told (`#settle`), so that a
 * reload in the middle, which forgets all that was only told, loses nothing.
 *
 * A server of ours is in one of these states:
 *
 *     added      weight 0, checked     -> member when its check passed; deleted when it did not in time
 *     member     in the file           -> leaving
 *     leaving    drained, not in file  -> maintenance, then deleted, when nothing is in flight or at the timeout
 */
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertName, assertTargetId } from '../../domain/names.ts';
import type { OperationContext } from '../../domain/operation.ts';
import type { Address } from '../../domain/target.ts';
import { messageOf, OperationError } from '../../errors.ts';
import { assertBackend, assertSplit } from '../assert-input.ts';
import type { Backend, Router, RouteStatus, Split } from '../router.ts';
import { weightsFor } from '../weights.ts';
import { assertDone, assertVersion, type RunningServer, readServers } from './answers.ts';
import {
  addServer,
  assertBackendName,
  assertWord,
  deleteServer,
  endSessions,
  joined,
  setState,
  setWeight,
  showServers,
} from './commands.ts';
import { HEAVIEST, type Member, type Pool, readBlock, writeBlock } from './config-block.ts';
import type { HaproxyConfig } from './config-file.ts';
import type { HaproxyConnection } from './connection.ts';
import { serverName } from './server-name.ts';

export interface HaproxyRouterOptions {
  /** The runtime socket, with `level admin`: `haproxySocket('/run/haproxy/admin.sock')`. */
  readonly connection: HaproxyConnection;
  /** What HAProxy reads when it is reloaded: `haproxyConfigFile({ file: '/etc/haproxy/haproxy.cfg' })`. */
  readonly config: HaproxyConfig;
  /** Service to the name of its backend in HAProxy. Default: the same name. */
  readonly backends?: Readonly<Record<string, string>>;
  /**
   * Words on each server line, such as `['inter', '500ms', 'maxconn', '100']`. A `default-server` of the
   * config does not hold for servers that are added later. Default: `inter 1s fall 3 rise 1`.
   */
  readonly serverOptions?: readonly string[];
  /** How long a server may take until HAProxy's own check of it passes. Default 30000. */
  readonly healthyTimeoutMs?: number;
  /** How long requests in flight are waited for when a server leaves. Default 30000. */
  readonly drainTimeoutMs?: number;
}

const DEFAULT_SERVER_OPTIONS = ['inter', '1s', 'fall', '3', 'rise', '1'];
const DEFAULT_TIMEOUT_MS = 30_000;
const POLL_MS = 25;

/** How long HAProxy may take to be as it was told, or to let go of a server that has no requests. */
const SETTLE_TIMEOUT_MS = 10_000;

export class HaproxyRouter implements Router {
  readonly name = 'haproxy';
  readonly #connection: HaproxyConnection;
  readonly #config: HaproxyConfig;
  readonly #backends: ReadonlyMap<string, string>;
  readonly #serverOptions: readonly string[];
  readonly #healthyTimeoutMs: number;
  readonly #drainTimeoutMs: number;
  #versionKnown = false;
  /** Ends when the change under way does: they are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws InvalidInputError for names and words that HAProxy cannot have */
  constructor(options: HaproxyRouterOptions) {
    this.#connection = options.connection;
    this.#config = options.config;
    this.#backends = new Map(Object.entries(options.backends ?? {}));
    this.#serverOptions = options.serverOptions ?? DEFAULT_SERVER_OPTIONS;
    this.#healthyTimeoutMs = options.healthyTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#drainTimeoutMs = options.drainTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    for (const name of this.#backends.values()) assertBackendName(name);
    for (const word of this.#serverOptions) assertWord(word);
  }

  /**
   * @throws InvalidInputError for an address, name or share that cannot be
   * @throws OperationError when HAProxy's check of it does not pass in time; it is not in HAProxy then
   */
  async admit(
    service: string,
    backend: Backend,
    split: Split | null,
    { signal }: OperationContext,
  ): Promise<void> {
    signal.throwIfAborted();
    assertTargetId(backend.target);
    assertBackend(backend);
    assertSplit(split);
    const name = this.#backendOf(service);
    const { target, release } = backend;
    // Before anything is added: without a place in the file the server would be forgotten at a reload.
    readBlock(await this.#config.read(signal), name);
    const server = await this.#addHealthy(
      name,
      { ...backend, address: await resolved(backend.address) },
      signal,
    );
    const member: Member = { target, release, turn: server.turn, address: server.address };
    await this.#change(name, signal, ({ members }) => ({
      members: [...members.filter((each) => !isOf(each, target, release)), member],
      split,
    }));
    await this.#leave(name, (each) => isOf(each, target, release) && each.name !== server.name, signal);
  }

  async drain(
    service: string,
    target: string,
    release: string,
    { signal }: OperationContext,
  ): Promise<{ readonly abandoned: number }> {
    signal.throwIfAborted();
    const name = this.#backendOf(service);
    await this.#change(name, signal, ({ members, split }) => ({
      members: members.filter((each) => !isOf(each, target, release)),
      split,
    }));
    const abandoned = await this.#leave(name, (each) => isOf(each, target, release), signal);
    return { abandoned };
  }

  async shift(service: string, split: Split | null, { signal }: OperationContext): Promise<void> {
    signal.throwIfAborted();
    assertSplit(split);
    await this.#change(this.#backendOf(service), signal, ({ members }) => ({ members, split }));
  }

  async inspect(service: string, { signal }: OperationContext): Promise<RouteStatus> {
    signal.throwIfAborted();
    const name = this.#backendOf(service);
    const { members, split } = readBlock(await this.#config.read(signal), name);
    const names = new Set(members.map(serverName));
    const servers = (await this.#servers(name, signal)).filter(
      (server) => !server.inMaintenance && (names.has(server.name) || server.draining),
    );
    const backends = servers.map(({ target, release, address, draining, inFlight, requests }) => ({
      ...{ target, release, address, draining, inFlight, requests },
    }));
    return { backends, split };
  }

  /** A server for the backend that takes requests as soon as it gets a weight. */
  async #addHealthy(name: string, wanted: Backend, signal: AbortSignal): Promise<RunningServer> {
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
        await this.#remove(name, added, AbortSignal.timeout(SETTLE_TIMEOUT_MS)).catch(() => {});
      throw error;
    }
  }

  /** The server at this address, which is added, or brought back from leaving, where it has to be. */
  async #addOnce(
    name: string,
    wanted: Backend,
    signal: AbortSignal,
  ): Promise<{ readonly server: RunningServer; readonly isNew: boolean }> {
    const ofTarget = (await this.#servers(name, signal)).filter((each) =>
      isOf(each, wanted.target, wanted.release),
    );
    // What it is told of a server in maintenance is not what a check has just seen: a new one takes its place.
    const known = ofTarget.find((each) => !each.inMaintenance && sameAddress(each, wanted));
    if (known !== undefined) {
      if (known.draining) {
        await this.#tell([setWeight(name, known.name, 0), setState(name, known.name, 'ready')], signal);
      }
      return { server: known, isNew: false };
    }
    const turn = Math.max(0, ...ofTarget.map((each) => each.turn)) + 1;
    const key = { target: wanted.target, release: wanted.release, turn };
    const server = serverName(key);
    await this.#tell(addServer(name, server, wanted.address, this.#serverOptions), signal);
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

  /** Changes the pool in the file, then HAProxy until it is so. */
  #change(name: string, signal: AbortSignal, edit: (pool: Pool) => Pool): Promise<void> {
    const changed = this.#turn.then(async () => {
      await this.#config.change(
        (text) => writeBlock(text, name, edit(readBlock(text, name)), this.#serverOptions),
        signal,
      );
      await this.#settle(name, signal);
    });
    this.#turn = changed.catch(() => undefined);
    return changed;
  }

  async #settle(name: string, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const pool = readBlock(await this.#config.read(signal), name);
      const commands = this.#missing(name, pool, await this.#servers(name, signal));
      if (commands.length === 0) return;
      if (performance.now() > deadline) {
        throw new OperationError(
          `HAProxy is not as it was told: ${commands.slice(0, 3).join('; ')} is left`,
          {
            remedy:
              'Somebody else may be changing the servers of this backend, or HAProxy is being reloaded.',
          },
        );
      }
      // What was told to a process that is just being replaced is asked for again in the next round.
      await this.#tell(commands, signal).catch((error: unknown) => {
        if (!messageOf(error).includes('No such server')) throw error;
      });
    }
  }

  /** What has to be told to HAProxy so that it is as the pool says; servers that are on their way in stay. */
  #missing(name: string, { members, split }: Pool, servers: readonly RunningServer[]): readonly string[] {
    const running = new Map(servers.map((server) => [server.name, server]));
    const weights = weightsFor(members, split, HEAVIEST);
    const added: string[] = [];
    const changes: { readonly by: number; readonly command: string }[] = [];
    for (const [i, member] of members.entries()) {
      const server = serverName(member);
      const weight = weights[i] ?? 0;
      const now = running.get(server);
      running.delete(server);
      if (now === undefined) added.push(...addServer(name, server, member.address, this.#serverOptions));
      else if (now.draining || now.inMaintenance) added.push(setState(name, server, 'ready'));
      const by = weight - (now?.weight ?? 0);
      if (by !== 0) changes.push({ by, command: setWeight(name, server, weight) });
    }
    // More for some before less for others, so that at no moment all have nothing.
    changes.sort((a, b) => b.by - a.by);
    const strays = [...running.values()].filter(
      (each) => each.weight > 0 && !each.draining && !each.inMaintenance,
    );
    const leaving = strays.map((stray) => setState(name, stray.name, 'drain'));
    return [...added, ...changes.map(({ command }) => command), ...leaving];
  }

  /** Lets the servers finish and deletes them. Resolves with how many requests were cut off. */
  async #leave(
    name: string,
    which: (server: RunningServer) => boolean,
    signal: AbortSignal,
  ): Promise<number> {
    const deadline = performance.now() + this.#drainTimeoutMs;
    let inFlight = 0;
    for (;;) {
      const leaving = (await this.#servers(name, signal)).filter(which);
      const late = performance.now() > deadline;
      if (leaving.length === 0) {
        if (inFlight === 0 || late) return inFlight;
      } else {
        inFlight = leaving.reduce((sum, server) => sum + server.inFlight, 0);
        const undrained = leaving.filter((server) => !server.draining && !server.inMaintenance);
        await this.#tell(
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
    await this.#tell([setState(name, server.name, 'maint'), endSessions(name, server.name)], signal);
    const deadline = performance.now() + SETTLE_TIMEOUT_MS;
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

  async #servers(name: string, signal: AbortSignal): Promise<readonly RunningServer[]> {
    if (!this.#versionKnown) {
      assertVersion(await this.#connection('show info', signal));
      this.#versionKnown = true;
    }
    return readServers(await this.#connection(showServers(name), signal), name);
  }

  async #tell(commands: readonly string[], signal: AbortSignal): Promise<void> {
    for (const line of joined(commands)) assertDone(await this.#connection(line, signal), line);
  }

  #backendOf(service: string): string {
    assertName('service', service);
    return this.#backends.get(service) ?? service;
  }
}

function isOf(
  server: { readonly target: string; readonly release: string },
  target: string,
  release: string,
) {
  return server.target === target && server.release === release;
}

function sameAddress({ address }: RunningServer, wanted: Backend): boolean {
  return address.host === wanted.address.host && address.port === wanted.address.port;
}

/** HAProxy takes only IP addresses for servers that are added while it runs. */
async function resolved({ host, port }: Address): Promise<Address> {
  try {
    return { host: (await lookup(host)).address, port };
  } catch (error) {
    throw new OperationError(`There is no address for host ${host}: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Give the target an IP address, or a name that this machine can look up.',
    });
  }
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
