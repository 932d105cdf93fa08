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
import { assertName, assertTargetId } from '../../domain/names.ts';
import type { OperationContext } from '../../domain/operation.ts';
import { messageOf, OperationError } from '../../errors.ts';
import { assertBackend, assertSplit } from '../assert-input.ts';
import { resolved } from '../resolve-address.ts';
import type { Backend, Router, RouteStatus, Split } from '../router.ts';
import { assertBackendName, assertWord } from './commands.ts';
import { type Member, type Pool, readBlock, writeBlock } from './config-block.ts';
import type { HaproxyConfig } from './config-file.ts';
import type { HaproxyConnection } from './connection.ts';
import { HaproxyServers } from './haproxy-servers.ts';
import { missingCommands } from './missing-commands.ts';
import { isOf, serverName } from './server-name.ts';

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
/** How long HAProxy may take to be as it was told. */
const SETTLE_TIMEOUT_MS = 10_000;

export class HaproxyRouter implements Router {
  readonly name = 'haproxy';
  readonly #servers: HaproxyServers;
  readonly #config: HaproxyConfig;
  readonly #backends: ReadonlyMap<string, string>;
  readonly #serverOptions: readonly string[];
  /** Ends when the change under way does: they are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws InvalidInputError for names and words that HAProxy cannot have */
  constructor(options: HaproxyRouterOptions) {
    this.#config = options.config;
    this.#backends = new Map(Object.entries(options.backends ?? {}));
    this.#serverOptions = options.serverOptions ?? DEFAULT_SERVER_OPTIONS;
    this.#servers = new HaproxyServers({
      connection: options.connection,
      serverOptions: this.#serverOptions,
      healthyTimeoutMs: options.healthyTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      drainTimeoutMs: options.drainTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
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
    const server = await this.#servers.addHealthy(
      name,
      // HAProxy takes only IP addresses for servers that are added while it runs.
      { ...backend, address: await resolved(backend.address) },
      signal,
    );
    const member: Member = { target, release, turn: server.turn, address: server.address };
    await this.#change(name, signal, ({ members }) => ({
      members: [...members.filter((each) => !isOf(each, target, release)), member],
      split,
    }));
    await this.#servers.leave(
      name,
      (each) => isOf(each, target, release) && each.name !== server.name,
      signal,
    );
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
    const abandoned = await this.#servers.leave(name, (each) => isOf(each, target, release), signal);
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
    const servers = (await this.#servers.list(name, signal)).filter(
      (server) => !server.inMaintenance && (names.has(server.name) || server.draining || server.weight > 0),
    );
    const backends = servers.map(({ target, release, address, draining, inFlight, requests }) => {
      return { target, release, address, draining, inFlight, requests };
    });
    return { backends, split };
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
      const commands = missingCommands(
        name,
        pool,
        await this.#servers.list(name, signal),
        this.#serverOptions,
      );
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
      await this.#servers.tell(commands, signal).catch((error: unknown) => {
        if (!messageOf(error).includes('No such server')) throw error;
      });
    }
  }

  #backendOf(service: string): string {
    assertName('service', service);
    return this.#backends.get(service) ?? service;
  }
}
