/** A project whose service runs on the servers of a test fleet, for tests that use the command line as a person does. */
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fill } from '../platforms/process/folders.ts';
import {
  type ProcessOptions,
  type ProcessResult,
  runProcess,
  type StartedProcess,
  startProcess,
} from '../support/run-process.ts';
import type { SshFleet } from '../support/ssh-fleet.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ENVIRONMENT, SLUICE } from './hello-project.ts';

/** Says that it is there, writes a line for each request, and ends on `/end`. */
const SERVER = `
const { createServer } = require('node:http');
const { PORT, SLUICE_VERSION } = process.env;
createServer((request, response) => {
  console.log('asked for', request.url);
  response.end(SLUICE_VERSION);
}).listen(Number(PORT), () => console.log('version', SLUICE_VERSION, 'listens'));
`;

export interface SshProjectOptions {
  readonly fleet: SshFleet;
  /** Default: all of the fleet. */
  readonly hosts?: readonly string[];
  readonly port?: number;
  /** As it stands in YAML. Default `detached`. */
  readonly run?: string;
  /** More keys of the platform, as they stand between braces in YAML. */
  readonly platform?: string;
  /** More lines of the service, each indented by four spaces. */
  readonly more?: string;
}

export class SshProject implements AsyncDisposable {
  readonly dir: string;
  #options: SshProjectOptions;
  readonly #env: Record<string, string> = {};
  readonly #remove: () => PromiseLike<void>;

  private constructor(dir: string, options: SshProjectOptions, remove: () => PromiseLike<void>) {
    this.dir = dir;
    this.#options = options;
    this.#remove = remove;
  }

  static async create(options: SshProjectOptions): Promise<SshProject> {
    const folder = await temporaryFolder();
    const project = new SshProject(folder.path, options, () => folder[Symbol.asyncDispose]());
    await fill(project.dir, { 'app/server.js': SERVER });
    await project.configure({});
    return project;
  }

  /** Changes the config. */
  async configure(changes: Partial<SshProjectOptions>): Promise<void> {
    this.#options = { ...this.#options, ...changes };
    const { fleet, port = 8080, run = 'detached', platform, more = '' } = this.#options;
    const hosts = this.#options.hosts ?? fleet.hosts.map(({ name }) => name);
    await writeFile(
      join(this.dir, 'sluice.config.yaml'),
      `services:
  api:
    folder: app
    command: node server.js
    port: ${port}
    platform:
      { type: ssh, hosts: [${hosts.join(', ')}], configFile: ${fleet.configFile}, run: ${run}${platform === undefined ? '' : `, ${platform}`} }
    checks:
      - { type: http, path: /, interval: 50ms }
    strategy: allAtOnce
    policy: { checkInterval: 200ms, healthTimeout: 5s }
${more}`,
    );
  }

  /** Of every command from now on. */
  setVariable(name: string, value: string): void {
    this.#env[name] = value;
  }

  sluice(...args: string[]): Promise<ProcessResult> {
    return runProcess([...SLUICE, ...args], this.#process());
  }

  start(...args: string[]): StartedProcess {
    return startProcess([...SLUICE, ...args], this.#process());
  }

  /** Fails the test unless it completes. */
  async deploy(version: string): Promise<void> {
    const { exitCode, stdout, stderr } = await this.sluice('deploy', 'api', version);
    if (exitCode !== 0) throw new Error(`deploying ${version} ended with ${exitCode}:\n${stdout}\n${stderr}`);
  }

  #process(): ProcessOptions {
    return { cwd: this.dir, timeoutMs: 60_000, env: { ...ENVIRONMENT, ...this.#env } };
  }

  /** What runs on the hosts ends with them, or by `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.sluice('stop', 'api');
    rmSync(join(this.dir, '.sluice'), { recursive: true, force: true });
    await this.#remove();
  }
}
