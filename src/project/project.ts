/**
 * A project: a config file with its state folder beside it. Opens what the command line, the server and
 * programs work with, and closes it again.
 */
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/load-config.ts';
import { resolveService } from '../config/resolve-service.ts';
import type { Config } from '../config/validate.ts';
import type { Journal } from '../journal/journal.ts';
import { SqliteJournal } from '../journal/sqlite/sqlite-journal.ts';
import { ServiceDeployer } from './service-deployer.ts';

/** Beside the config file. */
const STATE_FOLDER = '.sluice';

export interface ProjectOptions {
  /** Where to look for the config file: here, then in the folders above. Default: the current folder. */
  readonly cwd?: string;
  /** The config file itself. */
  readonly file?: string;
  /**
   * Where deployments are recorded; closed with the project. Default: `journal.db` in the state folder. Only
   * controllers that share a journal know of each other.
   */
  readonly journal?: Journal;
}

export class Project implements AsyncDisposable {
  readonly config: Config;
  readonly file: string;
  readonly dir: string;
  readonly stateDir: string;
  readonly journal: Journal;
  readonly #deployers: ServiceDeployer[] = [];

  private constructor(config: Config, file: string, dir: string, stateDir: string, journal: Journal) {
    this.config = config;
    this.file = file;
    this.dir = dir;
    this.stateDir = stateDir;
    this.journal = journal;
  }

  /** Throws `ConfigError` for a config that cannot be used, `JournalError` for a journal that cannot. */
  static async open(options: ProjectOptions = {}): Promise<Project> {
    const { cwd = process.cwd(), file } = options;
    const where = file === undefined ? { cwd } : { cwd, file };
    const loaded = await loadConfig({ ...where, keepIn: STATE_FOLDER });
    const stateDir = join(loaded.dir, STATE_FOLDER);
    const journal = options.journal ?? (await SqliteJournal.open({ file: join(stateDir, 'journal.db') }));
    return new Project(loaded.config, loaded.file, loaded.dir, stateDir, journal);
  }

  /** Deploys one service in one environment; where there is only one of either, it need not be named. */
  async deployer(service?: string, environment?: string): Promise<ServiceDeployer> {
    const resolved = resolveService(this.config, service, environment);
    const stateDir = join(this.stateDir, resolved.environment);
    const place = { dir: this.dir, stateDir, journal: this.journal, who: whoami() };
    const deployer = await ServiceDeployer.open(resolved, place);
    this.#deployers.push(deployer);
    return deployer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#deployers.map((deployer) => deployer.close()));
    await this.journal.close();
  }
}

/** Who is at the keyboard: `ann@laptop`. */
export function whoami(): string {
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    name = String(process.getuid?.() ?? 'somebody');
  }
  return `${name}@${hostname()}`;
}
