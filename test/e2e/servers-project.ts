/** A project whose service runs on real SSH servers, for tests that use the command line as a person does. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessResult, runProcess, type StartedProcess, startProcess } from '../support/run-process.ts';
import { type SshFleet, startSshFleet } from '../support/ssh-fleet.ts';
import type { FleetHost } from '../support/ssh-fleet-host.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ENVIRONMENT, SLUICE } from './hello-project.ts';

const COMMAND_TIMEOUT_MS = 100_000;
const PORT = 8080;

/** Answers with its version and host; a version may be unhealthy on one of the hosts. */
const SERVER = `
const { createServer } = require('node:http');
const { hostname } = require('node:os');
const { version, unhealthyOn } = require('./release.json');
createServer((request, reply) => {
  reply.statusCode = request.url === '/healthz' && unhealthyOn === hostname() ? 503 : 200;
  reply.end(version + ' on ' + hostname());
}).listen(process.env.PORT, '0.0.0.0');
`;

/** Asks on the host itself, so that it also tells where the cable is out. */
const ASK = `fetch('http://127.0.0.1:${PORT}').then((reply) => reply.text(), () => 'nothing').then(console.log)`;

export class ServersProject implements AsyncDisposable {
  readonly fleet: SshFleet;
  readonly dir: string;
  readonly #remove: () => PromiseLike<void>;

  private constructor(fleet: SshFleet, dir: string, remove: () => PromiseLike<void>) {
    this.fleet = fleet;
    this.dir = dir;
    this.#remove = remove;
  }

  static async create(hosts: number): Promise<ServersProject> {
    const fleet = await startSshFleet({ hosts });
    const folder = await temporaryFolder();
    const project = new ServersProject(fleet, folder.path, () => folder[Symbol.asyncDispose]());
    const config = await readFile(fleet.configFile, 'utf8');
    // A cable that is out is noticed within seconds.
    const impatient = `${config}\nHost *\n  ServerAliveInterval 1\n  ServerAliveCountMax 2\n`;
    await writeFile(join(folder.path, 'ssh_config'), impatient, { mode: 0o600 });
    await project.configure();
    return project;
  }

  /** @param policy as it stands between braces in YAML */
  async configure(policy = ''): Promise<void> {
    const hosts = this.fleet.hosts.map(({ name }) => name).join(', ');
    await writeFile(
      join(this.dir, 'sluice.config.yaml'),
      `services:
  api:
    folder: app
    command: node server.js
    port: ${PORT}
    platform: { type: ssh, hosts: [${hosts}], run: detached, configFile: ssh_config, connectTimeout: 2s }
    checks:
      - { type: http, path: /healthz, interval: 50ms, timeout: 1s }
    strategy: { type: rolling, batchSize: 1 }
    policy: { healthTimeout: 6s, backoff: 50ms, ${policy} }
`,
    );
  }

  /** Puts a version into the folder that is deployed. */
  async build(version: string, unhealthyOn?: string): Promise<void> {
    const app = join(this.dir, 'app');
    await mkdir(app, { recursive: true });
    await writeFile(join(app, 'server.js'), SERVER);
    await writeFile(join(app, 'release.json'), JSON.stringify({ version, unhealthyOn }));
  }

  sluice(...args: string[]): Promise<ProcessResult> {
    return runProcess([...SLUICE, ...args], this.#options());
  }

  begin(...args: string[]): StartedProcess {
    return startProcess([...SLUICE, ...args], this.#options());
  }

  host(name: string): FleetHost {
    const found = this.fleet.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  }

  /** What the service on a host answers over the network, such as `1.0.0 on h001`. */
  async ask(name: string): Promise<string> {
    return await (await fetch(`http://${this.host(name).address}:${PORT}`)).text();
  }

  /** What each host really answers: `h001 1.0.0`, or `h001 nothing`. */
  async answers(): Promise<string[]> {
    return await Promise.all(
      this.fleet.hosts.map(async (host) => {
        const said = await host.exec([process.execPath, '-e', ASK]).catch(() => 'nothing');
        return `${host.name} ${said.trim().replace(/ on .*/, '')}`;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    await this.#remove();
  }

  #options() {
    return { cwd: this.dir, env: ENVIRONMENT, timeoutMs: COMMAND_TIMEOUT_MS };
  }
}
