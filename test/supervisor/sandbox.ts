/** A supervisor of its own for a test, as built, with a folder for small programs to run. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SupervisorClient, type SupervisorClientOptions } from '../../src/supervisor/client.ts';
import { identifyProcess } from '../../src/supervisor/process-identity.ts';
import type { ProcessSpec, ProcessStatus } from '../../src/supervisor/protocol.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** How a test starts a supervisor: by the built program. */
export const SUPERVISOR = [
  process.execPath,
  fileURLToPath(new URL('../../dist/supervisor/main.js', import.meta.url)),
];

export class Sandbox implements AsyncDisposable {
  /** Removed in the end. */
  readonly path: string;
  readonly stateDir: string;
  readonly supervisor: SupervisorClient;
  readonly #folder: TemporaryFolder;

  constructor(folder: TemporaryFolder, options: Partial<SupervisorClientOptions>) {
    this.#folder = folder;
    this.path = folder.path;
    this.stateDir = options.stateDir ?? join(folder.path, '.sluice');
    this.supervisor = this.client(options);
  }

  static async open(options: Partial<SupervisorClientOptions> = {}): Promise<Sandbox> {
    return new Sandbox(await temporaryFolder(), options);
  }

  /** One more client of the same supervisor. */
  client(options: Partial<SupervisorClientOptions> = {}): SupervisorClient {
    return new SupervisorClient({ stateDir: this.stateDir, command: SUPERVISOR, ...options });
  }

  /** A spec that runs this JavaScript with Node, in a folder of its own. */
  async program(source: string, parts: Partial<ProcessSpec> = {}): Promise<ProcessSpec> {
    const target = parts.target ?? 'a';
    const folder = join(this.path, 'programs', encodeURIComponent(target));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'main.cjs'), source);
    const names = { service: 'api', target, release: '1.0.0-abc', version: '1.0.0' };
    const command = [process.execPath, 'main.cjs'];
    return { ...names, folder, command, env: {}, secretsFile: null, stopTimeoutMs: 10_000, ...parts };
  }

  async start(source: string, parts: Partial<ProcessSpec> = {}): Promise<ProcessStatus> {
    return await this.supervisor.call('start', await this.program(source, parts));
  }

  /** The status of the instance on this target, the first by default. */
  async status(target = 'a'): Promise<ProcessStatus> {
    const all = await this.supervisor.call('inspect', { service: null });
    const found = all.find((status) => status.target === target);
    if (found === undefined) throw new Error(`nothing runs on ${target}`);
    return found;
  }

  /** Waits until the instance on the target has printed a line that begins so; resolves with the rest of it. */
  async printed(beginning: string, target = 'a', release = '1.0.0-abc'): Promise<string> {
    const key = { service: 'api', target, release };
    const line = await waitFor(`a line ${beginning}…`, async () => {
      const lines = await this.supervisor.logTail(key, 100);
      return lines.findLast((text) => text.startsWith(beginning));
    });
    return line.slice(beginning.length);
  }

  /** Kills the supervisor, as if the machine ran out of memory, and waits until it is gone. */
  async killSupervisor(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const greeting = await this.supervisor.running();
    if (greeting === null) throw new Error('no supervisor runs');
    process.kill(greeting.pid, signal);
    await waitFor('the end of the supervisor', async () => (await identifyProcess(greeting.pid)) === null);
  }

  log(): Promise<string> {
    return readFile(join(this.stateDir, 'supervisor.log'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.shutdown({ stopProcesses: true });
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Whether a process with this pid lives. */
export async function lives(pid: number | null): Promise<boolean> {
  return pid !== null && (await identifyProcess(pid)) !== null;
}

/** A program that serves its own pid on its port, after it has printed `ready`. */
export const SERVER = `
  require('node:http').createServer((request, response) => response.end(String(process.pid)))
    .listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

/** A program that only waits, after it has printed `ready`. */
export const SLEEPER = `setInterval(() => {}, 60_000); console.log('ready');`;

export async function ask(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  return await response.text();
}
