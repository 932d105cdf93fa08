/**
 * A project that is deployed again and again, from one version to the next, under a steady load: what the
 * crashes are tried on. Each rollout begins where the one before has ended, so that whatever a crash leaves
 * behind meets the next.
 */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Load, LoadResult } from '../../scripts/demo/load.ts';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import { isHolderGone } from '../../src/project/holder.ts';
import { HelloProject } from '../e2e/hello-project.ts';
import { type StartedProcess, startProcess } from '../support/run-process.ts';

const CONTROLLER = join(import.meta.dirname, 'controller.mjs');
const CONTROLLER_TIMEOUT_MS = 60_000;
/** Three, as two releases are kept: each rollout has one to prune. */
const VERSIONS = ['2.0.0', '2.1.0', '2.2.0'] as const;

export interface Scenario {
  readonly name: string;
  /** A line of YAML. */
  readonly strategy: string;
  /** The new release does not come up on the second target, and all is rolled back. */
  readonly fails?: boolean;
}

export const CANARY: Scenario = {
  name: 'canary',
  strategy: '{ type: canary, bake: 100ms, stages: [50, 100] }',
};
export const BLUE_GREEN: Scenario = {
  name: 'blue-green',
  strategy: '{ type: blueGreen, bake: 100ms }',
};
export const ROLLBACK: Scenario = { ...CANARY, name: 'canary, rolled back', fails: true };
export const SCENARIOS: readonly Scenario[] = [CANARY, BLUE_GREEN, ROLLBACK];

/** What a rollout came to. Releases are named by what they were in it: `to`, `from`, or their id. */
export interface End {
  readonly outcome: string | null;
  /** Such as `hello.1 to running healthy routed`. */
  readonly instances: readonly string[];
  readonly split: string | null;
  /** Releases that are kept on the disk. */
  readonly kept: readonly string[];
  readonly well: boolean;
  /** Who has the lease, and lives. */
  readonly holder: string | null;
}

interface Status {
  readonly instances: readonly {
    readonly target: string;
    readonly release: string;
    readonly state: string;
    readonly health: string;
    readonly routed: boolean;
  }[];
  readonly split: { readonly release: string; readonly percent: number } | null;
  readonly last: { readonly outcome: string | null } | null;
  readonly well: boolean;
}

/** What `controller.mjs` is told. */
export interface ControllerOrders {
  readonly signal?: 'SIGKILL' | 'SIGSTOP';
  readonly at?: number;
  readonly when?: 'before' | 'after';
  readonly copyTo?: string;
}

export class CrashProject implements AsyncDisposable {
  readonly scenario: Scenario;
  readonly hello: HelloProject;
  readonly journal: SqliteJournal;
  readonly #load: Load;
  #turn = 0;

  private constructor(scenario: Scenario, hello: HelloProject, journal: SqliteJournal) {
    this.scenario = scenario;
    this.hello = hello;
    this.journal = journal;
    this.#load = hello.load();
  }

  /** With its first release deployed, and the load begun. */
  static async create(scenario: Scenario): Promise<CrashProject> {
    const hello = await HelloProject.create({
      instances: 2,
      strategy: scenario.strategy,
      policy: 'healthTimeout: 10s, keepReleases: 2',
    });
    build(hello, VERSIONS[0], false);
    const first = await hello.sluice('deploy', 'hello', VERSIONS[0]);
    if (first.exitCode !== 0) throw new Error(`the first deployment failed:\n${first.stdout}${first.stderr}`);
    const journal = await SqliteJournal.open({ file: hello.state('journal.db') });
    return new CrashProject(scenario, hello, journal);
  }

  /** The version of the next rollout, put into the folder that is deployed. */
  async nextVersion(): Promise<string> {
    if (this.scenario.fails === true) return this.#build('2.1.0', true);
    const good = (await this.journal.list({ ended: true })).find(({ outcome }) => outcome === 'completed');
    do this.#turn = (this.#turn + 1) % VERSIONS.length;
    while (VERSIONS[this.#turn] === good?.version);
    return this.#build(VERSIONS[this.#turn] as string, false);
  }

  /** Starts a controller with these orders for this version. */
  control(version: string, orders: ControllerOrders = {}): StartedProcess {
    const argument = JSON.stringify({ version, ...orders });
    return startProcess([process.execPath, CONTROLLER, argument], {
      cwd: this.hello.dir,
      timeoutMs: CONTROLLER_TIMEOUT_MS,
    });
  }

  /** The newest deployment, with all its events. */
  async newest(): Promise<{ id: string; ended: boolean; events: DeploymentEvent[] }> {
    const [summary] = await this.journal.list({ limit: 1 });
    if (summary === undefined) throw new Error('there is no deployment');
    const events = (await this.journal.read(summary.id)).map(({ event }) => event);
    return { id: summary.id, ended: summary.phase === 'ended', events };
  }

  /** What the newest deployment came to. */
  async end(): Promise<End> {
    const status = (await this.hello.status()) as unknown as Status;
    const { events } = await this.newest();
    const created = events[0];
    if (created?.type !== 'deployment-created') throw new Error('it does not begin with its creation');
    const { plan } = created;
    const from = plan.targets[0]?.from;
    const role = (id: string) => (id === plan.release.id ? 'to' : id === from ? 'from' : id);
    const releases = readdirSync(this.hello.state('local', 'releases', 'hello'));
    const lease = await this.journal.lease(plan);
    return {
      outcome: status.last?.outcome ?? null,
      instances: status.instances.map(
        ({ target, release, state, health, routed }) =>
          `${target} ${role(release)} ${state} ${health} ${routed ? 'routed' : 'not routed'}`,
      ),
      split: status.split === null ? null : `${status.split.percent} % ${role(status.split.release)}`,
      kept: releases
        .filter((name) => !name.startsWith('.'))
        .map(role)
        .toSorted(),
      well: status.well,
      holder: lease === null || isHolderGone(lease.holder) ? null : lease.holder,
    };
  }

  /** Ends the load; tells how it went. */
  stopLoad(): Promise<LoadResult> {
    return this.#load.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.journal.close();
    await this.hello[Symbol.asyncDispose]();
  }

  #build(version: string, fails: boolean): string {
    build(this.hello, version, fails);
    return version;
  }
}

function build(hello: HelloProject, version: string, fails: boolean): void {
  hello.build('1.0.0');
  const app = join(hello.dir, 'app');
  writeFileSync(join(app, 'version.json'), `${JSON.stringify({ version })}\n`);
  if (!fails) return;
  renameSync(join(app, 'server.js'), join(app, 'well.js'));
  const server =
    "if (process.env.SLUICE_TARGET.endsWith('2')) process.exit(3);\nawait import('./well.js');\n";
  writeFileSync(join(app, 'server.js'), server);
}
