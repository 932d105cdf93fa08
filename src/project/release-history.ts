/** The releases that a service has had, as the journal knows them. Reads summaries and plans, never whole journals. */
import type { Plan } from '../domain/plan.ts';
import type { Release } from '../domain/release.ts';
import { before, releaseLine } from '../domain/release-line.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import { InvalidInputError } from '../errors.ts';
import type { Journal, LeaseKey, ListFilter } from '../journal/journal.ts';

/** All of them: the line of releases comes from all deployments that the journal keeps. */
const ALL = Number.MAX_SAFE_INTEGER;
/** Where the usual duration is looked for. */
const RECENT = 200;
const MOST_NAMED = 10;

export class ReleaseHistory {
  readonly #journal: Journal;
  readonly #key: LeaseKey;

  constructor(journal: Journal, key: LeaseKey) {
    this.#journal = journal;
    this.#key = key;
  }

  /** A release by its id; `null` when no deployment of this journal was about it. */
  async byId(id: string): Promise<Release | null> {
    const [deployment] = await this.#list({ release: id, limit: 1 });
    return deployment === undefined ? null : this.#releaseOf(deployment);
  }

  /**
   * The newest good release of this version.
   * @throws InvalidInputError when none completed, with those that did
   */
  async byVersion(version: string): Promise<Release> {
    const [byVersion] = await this.#completed({ version, limit: 1 });
    const [found = byVersion] = await this.#completed({ release: version, limit: 1 });
    if (found !== undefined) return this.#releaseOf(found);
    const completed = await this.#completed({ limit: RECENT });
    const known = [...new Set(completed.map((one) => one.version))].slice(0, MOST_NAMED);
    throw new InvalidInputError(`no deployment of ${this.#key.service} ${version} has completed here`, {
      remedy: known.length === 0 ? 'None has.' : `Those that have: ${known.join(', ')}.`,
    });
  }

  /** The release that completed last. Throws `InvalidInputError` when none has. */
  async last(): Promise<Release> {
    const [last] = await this.#completed({ limit: 1 });
    if (last !== undefined) return this.#releaseOf(last);
    throw new InvalidInputError(`no deployment of ${this.#key.service} has completed here`, {
      remedy: 'Begin with `sluice deploy`.',
    });
  }

  /**
   * The last good release before `current`, on the line of releases.
   * @throws InvalidInputError when there is none
   */
  async before(current: string): Promise<Release> {
    const completed = await this.#completed({ limit: ALL });
    const earlier = before(releaseLine(completed.toReversed()), current);
    if (earlier !== null) return this.#releaseOf(earlier);
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
    const took = (await this.#completed({ limit: RECENT }))
      .filter((one) => one.strategy === strategy.name && one.targets === targets.length)
      .map((one) => (one.endedAt ?? one.createdAt) - one.createdAt)
      .filter((tookMs) => tookMs >= bakesMs)
      .slice(0, 5)
      .toSorted((a, b) => a - b);
    return took[Math.floor(took.length / 2)] ?? null;
  }

  #completed(filter: ListFilter): Promise<DeploymentSummary[]> {
    return this.#list({ ...filter, outcome: 'completed' });
  }

  #list(filter: ListFilter): Promise<DeploymentSummary[]> {
    return this.#journal.list({ ...filter, ...this.#key });
  }

  async #releaseOf({ id }: Pick<DeploymentSummary, 'id'>): Promise<Release> {
    return (await this.#journal.plan(id)).release;
  }
}
