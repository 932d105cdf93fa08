/** A project that runs 1.0.0 and is being brought to 1.1.0 in a first terminal. */
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts';
import type { StartedProcess } from '../support/run-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { type HelloOptions, HelloProject } from './hello-project.ts';

export const GATED = '{ type: canary, bake: 100ms, stages: [{ percent: 50, gate: Looks good? }, 100] }';
const BAKING = '{ type: canary, bake: 30s, stages: [50, 100] }';

export class Upgrade implements AsyncDisposable {
  readonly project: HelloProject;
  readonly controller: StartedProcess;

  private constructor(project: HelloProject) {
    this.project = project;
    this.controller = project.start('deploy', 'hello', '1.1.0');
  }

  /**
   * @param until what its terminal shows by then
   * @param between done once 1.0.0 runs
   */
  static async begin(
    until: RegExp,
    options: HelloOptions,
    between: (project: HelloProject) => void = () => {},
  ): Promise<Upgrade> {
    const project = await HelloProject.create({ instances: 2, ...options });
    await project.deploy('1.0.0');
    project.build('1.1.0');
    between(project);
    const upgrade = new Upgrade(project);
    await upgrade.shows(until);
    return upgrade;
  }

  /** At its gate. */
  static waiting(strategy = GATED): Promise<Upgrade> {
    return Upgrade.begin(/sluice approve hello-2/, { strategy });
  }

  /** In a bake that takes longer than any test. */
  static baking(options: HelloOptions = {}): Promise<Upgrade> {
    return Upgrade.begin(/5\/\d+ +bake 30 s/, { strategy: BAKING, ...options });
  }

  shows(what: RegExp): Promise<boolean> {
    return waitFor(`${what} in the first terminal`, () => what.test(this.controller.stdout));
  }

  /** The controller is killed, as by the kernel. */
  async kill(): Promise<void> {
    this.controller.kill('SIGKILL');
    await this.controller.ended;
  }

  /** What any process does that shares the journal. */
  async withJournal<T>(use: (journal: SqliteJournal) => Promise<T>): Promise<T> {
    await using journal = await SqliteJournal.open({ file: this.project.state('journal.db') });
    return await use(journal);
  }

  events(id = 'hello-2'): Promise<DeploymentEvent[]> {
    return this.withJournal(async (journal) => (await journal.read(id)).map(({ event }) => event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It aborts, and so leaves nothing that is in the way of the end of the project.
    this.controller.kill('SIGTERM');
    await this.controller.ended;
    await this.project[Symbol.asyncDispose]();
  }
}
