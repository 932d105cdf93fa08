/**
 * What is done about the history when a deployment has ended. Where it cannot be done, the deployment has ended
 * as it has all the same: that is remarked, and the next one tries again.
 */
import { systemClock } from '../domain/clock.ts';
import { messageOf } from '../errors.ts';
import type { Journal, Lease } from '../journal/journal.ts';
import { pruneHistory } from './history-retention.ts';
import type { ServiceDeployer } from './service-deployer.ts';

export class EndOfRollout {
  readonly #deployer: ServiceDeployer;
  readonly #journal: Journal;
  readonly #remark: (line: string) => void;
  readonly #failures: unknown[] = [];

  constructor(deployer: ServiceDeployer, journal: Journal, remark: (line: string) => void) {
    this.#deployer = deployer;
    this.#journal = journal;
    this.#remark = remark;
  }

  /** Under the lease of the deployment. Takes out of the journal what may go; never rejects. */
  readonly prune = async (lease: Lease): Promise<void> => {
    try {
      await pruneHistory(this.#deployer, this.#journal, lease, systemClock.now());
    } catch (error) {
      this.#failures.push(error);
    }
  };

  /** Once everything is said: frees the room that it took, and tells what could not be done. Never rejects. */
  async sweep(): Promise<void> {
    try {
      await this.#journal.sweep();
    } catch (error) {
      this.#failures.push(error);
    }
    for (const error of this.#failures) {
      this.#remark(`The history could not be pruned: ${messageOf(error)}. Try again: sluice prune.`);
    }
  }
}
