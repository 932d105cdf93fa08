/**
 * Takes up deployments that nobody looks after. When the server begins, all that are unattended; from then on those
 * whose controller has died, and those that another server has let go. What a person has left on purpose is theirs to
 * go on with: its lease was given back.
 */
import type { DeploymentSummary } from '../../domain/summary.ts';
import { LeaseHeldError, messageOf } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { isHolderGone } from '../../project/holder.ts';
import type { Accounts } from './accounts.ts';
import type { Deployers } from './deployers.ts';
import type { ViewParts } from './deployment-view.ts';
import { isServer, type Runs } from './runs.ts';

const LOOK_AGAIN_MS = 2_000;
/** After a try that failed; doubled with each one after it. */
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 60_000;
const ALL = Number.MAX_SAFE_INTEGER;

interface Failed {
  readonly tryAgainAt: number;
  readonly pauseMs: number;
}

export class TakeUp {
  readonly #journal: Journal;
  readonly #accounts: Accounts;
  readonly #deployers: Deployers;
  readonly #runs: Runs;
  readonly #log: (line: string) => void;
  /** Those that were taken up here and are in the middle again, by id. */
  readonly #failed = new Map<string, Failed>();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor({ journal, accounts, deployers }: ViewParts, runs: Runs, log: (line: string) => void) {
    this.#journal = journal;
    this.#accounts = accounts;
    this.#deployers = deployers;
    this.#runs = runs;
    this.#log = log;
  }

  /** Takes up all that nobody looks after; resolves when each was tried. Then keeps looking. */
  async begin(): Promise<void> {
    await this.#look('whoever left it');
    this.#lookLater();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      void this.#look('only the dead').then(() => this.#lookLater());
    }, LOOK_AGAIN_MS).unref();
  }

  /** Never rejects. */
  async #look(which: 'whoever left it' | 'only the dead'): Promise<void> {
    try {
      const open = await this.#journal.list({ ended: false, limit: ALL });
      const unknown = [...this.#failed.keys()].filter((id) => !open.some((one) => one.id === id));
      for (const id of unknown) this.#failed.delete(id);
      await Promise.all(open.map((one) => this.#consider(one, which)));
    } catch (error) {
      this.#log(`deployments that nobody looks after cannot be looked for: ${messageOf(error)}`);
    }
  }

  /** Whether the last one to look after it was a server, this one or another. */
  async #wasServers(id: string): Promise<boolean> {
    const { controllers } = await this.#accounts.of(id);
    const last = controllers.at(-1);
    return last !== undefined && isServer(last.controller);
  }

  async #consider(left: DeploymentSummary, which: 'whoever left it' | 'only the dead'): Promise<void> {
    if (this.#isClosed || this.#runs.has(left.id) || !this.#deployers.has(left)) return;
    const failed = this.#failed.get(left.id);
    if (failed !== undefined && Date.now() < failed.tryAgainAt) return;
    const lease = await this.#journal.lease(left);
    const isFree = lease === null || lease.expiresAt <= Date.now() || isHolderGone(lease.holder);
    if (!isFree) return;
    const wasLeft = lease === null && which === 'only the dead' && failed === undefined;
    if (wasLeft && !(await this.#wasServers(left.id))) return;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, failed === undefined ? FIRST_PAUSE_MS : failed.pauseMs * 2);
    this.#failed.set(left.id, { tryAgainAt: Date.now() + pauseMs, pauseMs });
    try {
      const deployer = await this.#deployers.of(left);
      await this.#runs.begin(deployer, (options) => deployer.resume(left.id, options));
      this.#log(`${left.id} (${left.version}) was left in the middle; going on with it here`);
    } catch (error) {
      // Somebody else was quicker.
      if (error instanceof LeaseHeldError) this.#failed.delete(left.id);
      else if (!this.#isClosed) this.#log(`${left.id} cannot be taken up: ${messageOf(error)}`);
    }
  }
}
