/** A project with the service of `examples/hello`, for tests that use the command line as a person does. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Load } from '../../scripts/demo/load.ts';
import { freePort } from '../support/free-port.ts';
import {
  type ProcessOptions,
  type ProcessResult,
  runProcess,
  type StartedProcess,
  startProcess,
} from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const COMMAND_TIMEOUT_MS = 60_000;

/** What a person's terminal has, and neither vitest's nor a CI system's has for sure. */
export const ENVIRONMENT = {
  LC_ALL: 'C.UTF-8',
  FORCE_COLOR: undefined,
  NO_COLOR: undefined,
  CI: undefined,
  SLUICE_USER: undefined,
  SUDO_USER: undefined,
} as const;

/** Program and arguments that run the command line. */
export const SLUICE = [process.execPath, join(REPOSITORY, 'dist', 'cli', 'main.js')] as const;

export type HelloVersion = '1.0.0' | '1.1.0' | '1.2.0-broken' | '1.2.1-silent' | '1.2.2-crash';

export interface HelloOptions {
  /** Default `node server.js`. */
  readonly command?: string;
  readonly instances?: number;
  /** A line of YAML after `strategy:`. */
  readonly strategy?: string;
  /** The policy, as it stands between braces in YAML. Default `healthTimeout: 3s`. */
  readonly policy?: string;
  /** Another check, as it stands behind its dash in YAML. */
  readonly check?: string;
  /** More lines of the service, each indented by four spaces, and whatever is to follow it. */
  readonly more?: string;
  readonly port?: number;
  /** Where the project is to be; it is not removed afterwards. Default: a folder of its own. */
  readonly dir?: string;
  /** More of what every command finds in its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One deployment, as `sluice history --json` lists it. */
export interface ListedDeployment {
  readonly id: string;
  readonly version: string;
  readonly outcome: string | null;
}

export class HelloProject implements AsyncDisposable {
  readonly dir: string;
  #port: number;
  #options: HelloOptions;
  readonly #remove: () => PromiseLike<void>;
  readonly #loads: Load[] = [];

  private constructor(dir: string, port: number, options: HelloOptions, remove: () => PromiseLike<void>) {
    this.dir = dir;
    this.#port = port;
    this.#options = options;
    this.#remove = remove;
  }

  static async create(options: HelloOptions = {}): Promise<HelloProject> {
    const folder = options.dir === undefined ? await temporaryFolder() : null;
    const dir = options.dir ?? folder?.path ?? '';
    const port = options.port ?? (await freePort());
    const releases = join(dir, 'releases');
    await runProcess([process.execPath, join(REPOSITORY, 'examples', 'hello', 'build.js'), releases]);
    const project = new HelloProject(dir, port, options, async () => await folder?.[Symbol.asyncDispose]());
    project.configure({});
    return project;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get port(): number {
    return this.#port;
  }

  get configFile(): string {
    return join(this.dir, 'sluice.config.yaml');
  }

  /** A file of the state folder. */
  state(...path: string[]): string {
    return join(this.dir, '.sluice', ...path);
  }

  /** Changes the config. */
  configure(changes: HelloOptions): void {
    this.#options = { ...this.#options, ...changes };
    const {
      command = 'node server.js',
      instances = 3,
      strategy = '{ type: canary, bake: 300ms, stages: [10, 50, 100] }',
      policy = 'healthTimeout: 3s',
      check,
      more = '',
      port = this.#port,
    } = this.#options;
    this.#port = port;
    writeFileSync(
      this.configFile,
      `services:
  hello:
    folder: app
    command: ${command}
    instances: ${instances}
    port: ${port}
    checks:
      - { type: http, path: /healthz, interval: 50ms }
${check === undefined ? '' : `      - ${check}`}
    strategy: ${strategy}
    policy: { checkInterval: 200ms, ${policy} }
${more}`,
    );
  }

  /** Puts a version into the folder that is deployed, as a build would. */
  build(version: HelloVersion): void {
    const app = join(this.dir, 'app');
    rmSync(app, { recursive: true, force: true });
    cpSync(join(this.dir, 'releases', version), app, { recursive: true });
  }

  sluice(...args: string[]): Promise<ProcessResult> {
    return this.sluiceWith({}, ...args);
  }

  sluiceWith(options: ProcessOptions, ...args: string[]): Promise<ProcessResult> {
    return runProcess([...SLUICE, ...args], this.#with(options));
  }

  start(...args: string[]): StartedProcess {
    return this.startWith({}, ...args);
  }

  startWith(options: ProcessOptions, ...args: string[]): StartedProcess {
    return startProcess([...SLUICE, ...args], this.#with(options));
  }

  /** Builds and deploys; fails the test unless it ends with this exit code. */
  async deploy(version: HelloVersion, exitCode = 0): Promise<ProcessResult> {
    this.build(version);
    const result = await this.sluice('deploy', 'hello', version);
    if (result.exitCode === exitCode) return result;
    throw new Error(
      `deploying ${version} ended with ${result.exitCode}:\n${result.stdout}\n${result.stderr}`,
    );
  }

  /** Begins to send requests; ended with the project, if not before. */
  load(): Load {
    const load = new Load(this.url);
    load.start();
    this.#loads.push(load);
    return load;
  }

  /** What the service answers: version and target. */
  async ask(): Promise<{ readonly version: string; readonly target: string }> {
    return (await (await fetch(this.url)).json()) as { version: string; target: string };
  }

  /** `sluice status --json` of the one service. */
  async status(): Promise<Record<string, unknown>> {
    const { stdout } = await this.sluice('status', '--json');
    const { services } = JSON.parse(stdout) as { services: Record<string, unknown>[] };
    return services[0] as Record<string, unknown>;
  }

  /** Newest first, such as `hello-2 1.1.0 completed`. */
  async history(): Promise<string[]> {
    const { stdout } = await this.sluice('history', '--json');
    const { deployments } = JSON.parse(stdout) as { deployments: ListedDeployment[] };
    return deployments.map(({ id, version, outcome }) => `${id} ${version} ${outcome}`);
  }

  async supervisorPid(): Promise<number> {
    const text = await readFile(this.state('local', 'supervisor.json'), 'utf8');
    return (JSON.parse(text) as { pid: number }).pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    for (const environment of this.#environments()) {
      const stop = ['stop', '--all', '--env', environment];
      if ((await this.sluice(...stop)).exitCode === 0) continue;
      // A deployment that a test has left in the middle would keep it from being stopped.
      await this.sluice('abort');
      if ((await this.sluice(...stop)).exitCode !== 0) this.#kill(environment);
    }
    await this.#remove();
  }

  #with({ env, ...options }: ProcessOptions): ProcessOptions {
    return {
      cwd: this.dir,
      timeoutMs: COMMAND_TIMEOUT_MS,
      env: { ...ENVIRONMENT, ...this.#options.env, ...env },
      ...options,
    };
  }

  /** Those where a supervisor may run. */
  #environments(): string[] {
    if (!existsSync(this.state())) return [];
    return readdirSync(this.state()).filter((name) => existsSync(this.state(name, 'supervisor.log')));
  }

  /** For a test that has failed: whatever state it has left behind, nothing is to go on running. */
  #kill(environment: string): void {
    const read = (file: string): unknown => JSON.parse(readFileSync(this.state(environment, file), 'utf8'));
    const { pid } = read('supervisor.json') as { pid: number };
    const { processes } = read('supervisor-state.json') as { processes: { pid: number | null }[] };
    // It leaves its processes; killed, it would be started again.
    process.kill(pid, 'SIGTERM');
    for (const instance of processes) if (instance.pid !== null) process.kill(-instance.pid, 'SIGKILL');
  }
}
