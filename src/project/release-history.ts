/** The releases that a service has had, as the journal knows them. */
import type { Plan } from '../domain/plan.ts';
import type { Release } from '../domain/release.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import { InvalidInputError, JournalError } from '../errors.ts';
import type { Journal, LeaseKey } from '../journal/journal.ts';

const FAR_ENOUGH_BACK = 1_000;
/** The strategy of a rollback by hand. */
export const ROLLBACK = 'rollback';

export class ReleaseHistory {
  readonly #journal: Journal;
  readonly #key: LeaseKey;

  constructor(journal: Journal, key: LeaseKey) {
    this.#journal = journal;
    this.#key = key;
  }

  /** A release by its id; `null` when no deployment of this journal was about it. */
  async byId(id: string): Promise<Release | null> {
    const deployment = (await this.#deployments()).find((one) => one.release === id);
    return deployment === undefined ? null : this.#releaseOf(deployment);
  }

  /**
   * The newest good release of this version.
   * @throws InvalidInputError when none completed, with those that did
   */
  async byVersion(version: string): Promise<Release> {
    const completed = await this.#completed();
    const found = completed.find((one) => one.version === version || one.release === version);
    if (found !== undefined) return this.#releaseOf(found);
    const known = [...new Set(completed.map((one) => one.version))].slice(0, 10);
    throw new InvalidInputError(`no deployment of ${this.#key.service} ${version} has completed here`, {
      remedy: known.length === 0 ? 'None has.' : `Those that have: ${known.join(', ')}.`,
    });
  }

  /** The release that completed last. Throws `InvalidInputError` when none has. */
  async last(): Promise<Release> {
    const [last] = await this.#completed();
    if (last !== undefined) return this.#releaseOf(last);
    throw new InvalidInputError(`no deployment of ${this.#key.service} has completed here`, {
      remedy: 'Begin with `sluice deploy`.',
    });
  }

  /**
   * The last good release before `current`. Going back twice goes back twice, and never forth again: a rollback
   * takes off the line what came after the release that it went to.
   * @throws InvalidInputError when there is none
   */
  async before(current: string): Promise<Release> {
    const line: DeploymentSummary[] = [];
    for (const one of (await this.#completed()).toReversed()) {
      const known = line.findLastIndex(({ release }) => release === one.release);
      if (one.strategy === ROLLBACK && known !== -1) line.length = known + 1;
      else if (line.at(-1)?.release !== one.release) line.push(one);
    }
    const earlier = line[line.findLastIndex(({ release }) => release === current) - 1];
    if (earlier !== undefined) return this.#releaseOf(earlier);
    throw new InvalidInputError(`${this.#key.service} has no earlier good release to go back to`, {
      remedy: 'Name one: sluice rollback VERSION. `sluice history` lists them.',
    });
  }

  /**
   * Time that the last few like it took, in milliseconds; `null` without any. What was over sooner than the
   * bakes of this one are, such as a first deployment, was not like it.
   */
  async usualDurationMs({ strategy, targets, steps }: Plan): Promise<number | null> {
    const bakesMs = steps.reduce((sum, step) => sum + (step.kind === 'bake' ? step.durationMs : 0), 0);
    const took = (await this.#completed())
      .filter((one) => one.strategy === strategy.name && one.targets === targets.length)
      .map((one) => (one.endedAt ?? one.createdAt) - one.createdAt)
      .filter((tookMs) => tookMs >= bakesMs)
      .slice(0, 5)
      .toSorted((a, b) => a - b);
    return took[Math.floor(took.length / 2)] ?? null;
  }

  async #completed(): Promise<DeploymentSummary[]> {
    return (await this.#deployments()).filter((one) => one.outcome === 'completed');
  }

  #deployments(): Promise<DeploymentSummary[]> {
    return this.#journal.list({ ...this.#key, limit: FAR_ENOUGH_BACK });
  }

  async #releaseOf({ id }: DeploymentSummary): Promise<Release> {
    const [first] = await this.#journal.read(id);
    if (first?.event.type === 'deployment-created') return first.event.plan.release;
    throw new JournalError(`the journal of ${id} does not begin with its plan`);
  }
}
