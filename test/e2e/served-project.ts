/** A project whose deployments a `sluice serve` does, and the command line that is used from afar, with a token. */
import type { ProcessResult, StartedProcess } from '../support/run-process.ts';
import { runProcess, startProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { ENVIRONMENT, type HelloOptions, HelloProject, SLUICE } from './hello-project.ts';

/** As long as a file of tests may take. */
const SERVER_OPTIONS = { timeoutMs: 600_000 };

export class ServedProject implements AsyncDisposable {
  readonly project: HelloProject;
  /** Where people sit: a folder without a project. */
  readonly #elsewhere: string;
  readonly #remove: () => PromiseLike<void>;
  #server: StartedProcess;
  #token = '';
  #url = '';

  private constructor(project: HelloProject, elsewhere: string, remove: () => PromiseLike<void>) {
    this.project = project;
    this.#elsewhere = elsewhere;
    this.#remove = remove;
    this.#server = project.startWith(SERVER_OPTIONS, 'serve', '--port', '0', '--json');
  }

  static async create(options: HelloOptions = {}): Promise<ServedProject> {
    const folder = await temporaryFolder();
    const project = await HelloProject.create({ instances: 2, ...options });
    const served = new ServedProject(project, folder.path, async () => await folder[Symbol.asyncDispose]());
    await served.#greeted();
    return served;
  }

  get url(): string {
    return this.#url;
  }

  /** The one that the server made at its first start. */
  get token(): string {
    return this.#token;
  }

  get env(): Record<string, string> {
    return { SLUICE_SERVER: this.#url, SLUICE_TOKEN: this.#token };
  }

  get serverPid(): number {
    return this.#server.pid;
  }

  /** What the server has said since it was started. */
  get serverLog(): string {
    return this.#server.stderr;
  }

  /** The command line, somewhere else. */
  sluice(...args: string[]): Promise<ProcessResult> {
    return this.sluiceWith({}, ...args);
  }

  sluiceWith(env: Readonly<Record<string, string | undefined>>, ...args: string[]): Promise<ProcessResult> {
    const options = { cwd: this.#elsewhere, timeoutMs: 60_000, env: { ...ENVIRONMENT, ...this.env, ...env } };
    return runProcess([...SLUICE, ...args], options);
  }

  start(...args: string[]): StartedProcess {
    const options = { cwd: this.#elsewhere, timeoutMs: 60_000, env: { ...ENVIRONMENT, ...this.env } };
    return startProcess([...SLUICE, ...args], options);
  }

  /** A token of the server for somebody else. */
  async tokenFor(name: string, role: string): Promise<string> {
    const made = await this.project.sluice('token', 'create', '--name', name, '--role', role);
    return made.stdout.trim();
  }

  /** As by the kernel. */
  async killServer(): Promise<void> {
    this.#server.kill('SIGKILL');
    await this.#server.ended;
  }

  /** Asks it to stop; resolves with how it did. */
  async stopServer(): Promise<ProcessResult> {
    this.#server.kill('SIGTERM');
    return await this.#server.ended;
  }

  /** At the same address. */
  async startServer(): Promise<void> {
    const { port } = new URL(this.#url);
    this.#server = this.project.startWith(SERVER_OPTIONS, 'serve', '--port', port, '--json');
    await this.#greeted();
  }

  async #greeted(): Promise<void> {
    const server = this.#server;
    await waitFor('the server to say where it is', () => server.stdout.trimEnd().endsWith('}'));
    const { url, token } = JSON.parse(server.stdout) as { url: string; token: string | null };
    this.#url = url;
    this.#token = token ?? this.#token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killServer();
    await this.project[Symbol.asyncDispose]();
    await this.#remove();
  }
}
