/**
 * A socket of a host, opened here: through one ssh that forwards a socket of this machine, in a folder that nobody
 * else can enter, to the one there. Nothing is needed on the host but that sshd allows forwarding.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError } from '../../errors.ts';
import { sshEnvironment } from './effective-config.ts';
import { routeTo, type SshSettings } from './ssh-config.ts';
import { unreachable } from './ssh-failure.ts';

const LOOK_EVERY_MS = 10;
const MOST_SAID = 64 * 1024;

export class SshForward {
  readonly #host: string;
  readonly #remote: string;
  readonly #settings: SshSettings;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-ssh-forward-'));
  #tunnel: Promise<string> | null = null;
  #ssh: ChildProcess | null = null;

  /**
   * @param remote the path of a unix socket on the host, or `host:port` as the host sees it
   * @throws InvalidInputError for a path that ssh cannot be given
   */
  constructor(host: string, remote: string, settings: SshSettings) {
    const isPath = remote.startsWith('/');
    if (/[\p{Cc}\s]/u.test(remote) || (isPath && remote.includes(':'))) {
      throw new InvalidInputError(`${JSON.stringify(remote)} cannot be forwarded by ssh`, {
        remedy: 'Give the socket a path without colons and spaces.',
      });
    }
    this.#host = host;
    this.#remote = remote;
    this.#settings = settings;
  }

  /** A connection to the socket there. Rejects with `OperationError` when the host cannot be reached. */
  async open(signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    this.#tunnel ??= this.#start();
    const local = await this.#tunnel;
    return await new Promise((resolve, reject) => {
      const socket = createConnection(local);
      const giveUp = () => socket.destroy(signal.reason as Error);
      signal.addEventListener('abort', giveUp, { once: true });
      socket.once('error', reject);
      socket.once('close', () => signal.removeEventListener('abort', giveUp));
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  close(): void {
    this.#ssh?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Resolves with the path of the socket here once ssh has opened it, which it does after it was let in. */
  async #start(): Promise<string> {
    const { args, connectTimeoutMs } = await routeTo(this.#host, this.#settings);
    const local = join(this.#folder, 'socket');
    rmSync(local, { force: true });
    const own = args.filter((arg, at) => {
      return !arg.startsWith('ClearAllForwardings') && !args[at + 1]?.startsWith('ClearAllForwardings');
    });
    const ssh = spawn('ssh', ['-N', '-L', `${local}:${this.#remote}`, ...own], {
      env: sshEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.#ssh = ssh;
    let said = '';
    let isEnded = false;
    ssh.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-MOST_SAID);
    });
    const end = () => {
      isEnded = true;
      this.#tunnel = null;
    };
    ssh.once('error', end);
    ssh.once('close', end);
    const deadline = performance.now() + 2 * connectTimeoutMs;
    while (!existsSync(local)) {
      if (isEnded || performance.now() > deadline) {
        ssh.kill('SIGKILL');
        this.#tunnel = null;
        throw unreachable(this.#host, isEnded ? said : `${said}\nlogging in timed out`);
      }
      await sleep(LOOK_EVERY_MS);
    }
    return local;
  }
}
