/** A project with the service of `examples/hello`, for tests that use the command line as a person does. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { type ProcessResult, runProcess, type StartedProcess, startProcess } from '../support/run-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const SLUICE = join(REPOSITORY, 'dist', 'cli', 'main.js');
const COMMAND_TIMEOUT_MS = 60_000;

export type HelloVersion = '1.0.0' | '1.1.0' | '1.2.0-broken' | '1.2.1-silent' | '1.2.2-crash';

export interface HelloOptions {
  readonly instances?: number;
  /** A line of YAML after `strategy:`. */
  readonly strategy?: string;
  /** More lines of the service, each indented by four spaces. */
  readonly more?: string;
}

export class HelloProject implements AsyncDisposable {
  readonly dir: string;
  readonly url: string;
  readonly #remove: () => PromiseLike<void>;

  private constructor(dir: string, port: number, remove: () => PromiseLike<void>) {
    this.dir = dir;
    this.url = `http://127.0.0.1:${port}/`;
    this.#remove = remove;
  }

  static async create(options: HelloOptions = {}): Promise<HelloProject> {
    const folder = await temporaryFolder();
    const dir = folder.path;
    const port = await freePort();
    await runProcess([process.execPath, join(REPOSITORY, 'examples/hello/build.js'), join(dir, 'releases')]);
    const {
      instances = 3,
      strategy = '{ type: canary, bake: 300ms, stages: [10, 50, 100] }',
      more = '',
    } = options;
    writeFileSync(
      join(dir, 'sluice.config.yaml'),
      `services:
  hello:
    folder: app
    command: node server.js
    instances: ${instances}
    port: ${port}
    checks:
      - { type: http, path: /healthz, interval: 50ms }
    strategy: ${strategy}
    policy: { healthTimeout: 3s, checkInterval: 200ms }
${more}`,
    );
    return new HelloProject(dir, port, () => folder[Symbol.asyncDispose]());
  }

  /** Puts a version into the folder that is deployed, as a build would. */
  build(version: HelloVersion): void {
    const app = join(this.dir, 'app');
    rmSync(app, { recursive: true, force: true });
    cpSync(join(this.dir, 'releases', version), app, { recursive: true });
  }

  sluice(...args: string[]): Promise<ProcessResult> {
    return runProcess([process.execPath, SLUICE, ...args], { cwd: this.dir, timeoutMs: COMMAND_TIMEOUT_MS });
  }

  start(...args: string[]): StartedProcess {
    return startProcess([process.execPath, SLUICE, ...args], {
      cwd: this.dir,
      timeoutMs: COMMAND_TIMEOUT_MS,
    });
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

  async supervisorPid(): Promise<number> {
    const { readFile } = await import('node:fs/promises');
    const text = await readFile(join(this.dir, '.sluice', 'local', 'supervisor.json'), 'utf8');
    return (JSON.parse(text) as { pid: number }).pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sluice('stop', '--all');
    await this.#remove();
  }
}
