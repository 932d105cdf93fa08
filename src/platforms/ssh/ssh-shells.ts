/**
 * Shells on hosts over the system's own OpenSSH client: what `~/.ssh/config`, the agent, certificates and known
 * hosts mean is what ssh makes of them. Nobody is ever asked for a password, and a host whose key is not known
 * is refused.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from './connection.ts';
import { sshEnvironment } from './effective-config.ts';
import { HostShells } from './host-shells.ts';
import { LoginGate } from './login-gate.ts';
import type { RemoteShell, RemoteShells } from './remote-shell.ts';
import { LOADER } from './session-script.ts';
import { routeTo, type SshRoute, type SshSettings } from './ssh-config.ts';

export interface SshShellsOptions extends SshSettings {
  /** Logins at once, to all hosts together. Default 32. */
  readonly mostLogins?: number;
  /** A connection that ran nothing for so long is closed. Default 60000. */
  readonly idleMs?: number;
}

const MOST_LOGINS = 32;
/** From the connection to the hello: authentication, which ssh itself does not bound, and a login shell. */
const LOGIN_MS = 20_000;

export class SshShells implements RemoteShells {
  readonly #settings: SshSettings;
  readonly #shells: HostShells;
  readonly #gate: LoginGate;
  readonly #routes = new Map<string, Promise<SshRoute>>();
  /** Where each ssh writes what it has to say, apart from what the host prints. */
  #words: string | null = null;
  #connections = 0;

  constructor(options: SshShellsOptions = {}) {
    this.#settings = options;
    this.#gate = new LoginGate(options.mostLogins ?? MOST_LOGINS);
    this.#shells = new HostShells((host, signal) => this.#connect(host, signal), options.idleMs);
  }

  shell(host: string): RemoteShell {
    return this.#shells.shell(host);
  }

  async addressOf(host: string): Promise<string> {
    return (await this.#routeTo(host)).address;
  }

  async close(): Promise<void> {
    await this.#shells.close();
    if (this.#words !== null) rmSync(this.#words, { recursive: true, force: true });
    this.#words = null;
  }

  async #connect(host: string, signal: AbortSignal): Promise<Connection> {
    const route = await this.#routeTo(host);
    const leave = await this.#gate.enter(route.doors, signal);
    const connection = this.#start(host, route);
    const tooLong = route.connectTimeoutMs + LOGIN_MS;
    const timer = setTimeout(() => connection.kill(`logging in timed out after ${tooLong} ms`), tooLong);
    void connection.greeted.then(() => {
      clearTimeout(timer);
      leave();
    });
    return connection;
  }

  #start(host: string, route: SshRoute): Connection {
    this.#words ??= mkdtempSync(join(tmpdir(), 'sluice-ssh-words-'));
    this.#connections += 1;
    const file = join(this.#words, String(this.#connections));
    // A group of its own: a Ctrl-C at the terminal is for the controller to handle.
    const child: ChildProcessWithoutNullStreams = spawn('ssh', ['-E', file, ...route.args, LOADER], {
      env: sshEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const connection = new Connection(host, child, () => textOf(file));
    void connection.ended.then(() => rmSync(file, { force: true }));
    return connection;
  }

  /** Asked once: the config does not change under a rollout. */
  #routeTo(host: string): Promise<SshRoute> {
    const known = this.#routes.get(host);
    if (known !== undefined) return known;
    const route = routeTo(host, this.#settings);
    this.#routes.set(host, route);
    route.catch(() => this.#routes.delete(host));
    return route;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
