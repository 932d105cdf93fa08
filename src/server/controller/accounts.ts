/** The accounts of the deployments that were asked for lately: only what is new of each is read and folded. */
import { setImmediate as turn } from 'node:timers/promises';
import { type Account, AccountKeeper } from '../../domain/account.ts';
import { DeploymentNotFoundError } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';

const MOST_KEPT = 32;
/** Read at once. */
const PAGE = 1_000;

interface Kept {
  keeper: AccountKeeper | null;
  seq: number;
  /** As of the last event that was read. */
  account: Promise<Account> | null;
}

export class Accounts {
  readonly #journal: Journal;
  /** Asked for longest ago first. */
  readonly #kept = new Map<string, Kept>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Rejects with `DeploymentNotFoundError`. */
  of(id: string): Promise<Account> {
    const kept = this.#kept.get(id) ?? { keeper: null, seq: 0, account: null };
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    // One after the other: each goes on where the one before ended.
    const before = kept.account ?? Promise.resolve(null);
    const account = before.then((known) => this.#goOn(id, kept, known));
    kept.account = account;
    // What could not be read is begun anew.
    account.catch(() => {
      if (this.#kept.get(id) === kept) this.#kept.delete(id);
    });
    return account;
  }

  async #goOn(id: string, kept: Kept, known: Account | null): Promise<Account> {
    const before = kept.seq;
    for (;;) {
      const events = await this.#journal.read(id, kept.seq, PAGE);
      for (const { seq, event } of events) {
        if (event.type === 'deployment-created') kept.keeper = new AccountKeeper(id, event);
        else kept.keeper?.keep(event);
        kept.seq = seq;
      }
      if (events.length < PAGE) break;
      // Everybody else of this process has their turn.
      await turn();
    }
    if (kept.seq === before && known !== null) return known;
    if (kept.keeper !== null) return kept.keeper.account();
    throw new DeploymentNotFoundError(`There is no deployment ${JSON.stringify(id)}`, {
      remedy: '`sluice history` lists the deployments.',
    });
  }
}
