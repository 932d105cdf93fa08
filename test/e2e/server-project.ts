/** A project that is deployed to test hosts over SSH, for tests that use the command line as a person does. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessResult, runProcess } from '../support/run-process.ts';
import { type SshFleet, type SshFleetOptions, startSshFleet } from '../support/ssh-fleet.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ENVIRONMENT, SLUICE } from './hello-project.ts';

const COMMAND_TIMEOUT_MS = 120_000;

export class ServerProject implements AsyncDisposable {
  readonly fleet: SshFleet;
  readonly dir: string;
  /** The temporary folder of every command. */
  readonly temp: string;
  /** Added to the environment of every command. */
  readonly env: Record<string, string | undefined> = {};
  readonly #remove: () => PromiseLike<void>;

  private constructor(fleet: SshFleet, dir: string, remove: () => PromiseLike<void>) {
    this.fleet = fleet;
    this.dir = dir;
    this.temp = join(dir, 'tmp');
    this.#remove = remove;
    mkdirSync(this.temp);
  }

  static async create(options: SshFleetOptions): Promise<ServerProject> {
    const fleet = await startSshFleet(options);
    const folder = await temporaryFolder();
    return new ServerProject(fleet, folder.path, () => folder[Symbol.asyncDispose]());
  }

  get hosts(): string[] {
    return this.fleet.hosts.map(({ name }) => name);
  }

  /** @param lines of the service `app`, as YAML, beside its folder and its platform; JSON is YAML too */
  configure(lines: readonly string[], platform: Readonly<Record<string, unknown>> = {}): void {
    const { hosts } = this;
    const ssh = { type: 'ssh', hosts, configFile: this.fleet.configFile, run: 'detached', ...platform };
    const all = ['folder: app', `platform: ${JSON.stringify(ssh)}`, ...lines];
    const text = all.map((line) => `    ${line}\n`).join('');
    writeFileSync(join(this.dir, 'sluice.config.yaml'), `services:\n  app:\n${text}`);
  }

  /** What is deployed next. */
  build(files: Readonly<Record<string, string>>): void {
    rmSync(join(this.dir, 'app'), { recursive: true, force: true });
    mkdirSync(join(this.dir, 'app'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.dir, 'app', name), text);
  }

  sluice(...args: string[]): Promise<ProcessResult> {
    const env = { ...ENVIRONMENT, TMPDIR: this.temp, ...this.env };
    return runProcess([...SLUICE, ...args], { cwd: this.dir, env, timeoutMs: COMMAND_TIMEOUT_MS });
  }

  /** Fails the test unless it ends with this exit code. */
  async must(exitCode: number, ...args: string[]): Promise<ProcessResult> {
    const result = await this.sluice(...args);
    if (result.exitCode === exitCode) return result;
    throw new Error(`sluice ${args.join(' ')}: ${result.exitCode}\n${result.stdout}\n${result.stderr}`);
  }

  /** A path in the folder of the service on a host, where it is in the home of whoever logs in. */
  remote(index: number, ...path: string[]): string {
    return join(this.fleet.hosts[index]?.folder ?? '', 'home/deploy/apps/app', ...path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    await this.#remove();
  }
}
