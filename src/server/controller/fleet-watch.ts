/**
 * The last looks at the services. It looks once when it begins, then at each service every few seconds for as long as
 * somebody asks, and never waits for a host: whoever asks gets what was seen last. What the journal alone can tell
 * (a deployment under way, its gate) is brought up to date as it changes.
 */
import type { DeploymentState } from '../../domain/state.ts';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { messageOf, OperationError } from '../../errors.ts';
import type { Journal, LeaseKey } from '../../journal/journal.ts';
import { type Orphan, type OrphanPlace, orphansOf } from '../../project/orphans.ts';
import { type ServiceStatus, standingOf, statusOf } from '../../project/service-status.ts';
import { isAttended } from '../../project/unfinished.ts';
import type { ServiceView } from '../operations.ts';
import { type Deployers, placeOf } from './deployers.ts';
import { needsOf } from './needs.ts';

/** A look that is no older than this will do. */
const FRESH_MS = 5_000;
const LOOK_TIMEOUT_MS = 30_000;
/** Looks at once. */
const CONCURRENCY = 8;
/** Between two looks at what the journal tells of one service. */
const STANDING_MS = 250;

export interface FleetWatchParts {
  readonly journal: Journal;
  /** The state of a deployment. */
  readonly stateOf: (id: string) => Promise<DeploymentState>;
  readonly deployers: Deployers;
  readonly place: OrphanPlace;
  /** Whether somebody keeps looking, so that it is to look again by itself. */
  readonly isWatched: () => boolean;
  readonly onView: (view: ServiceView) => void;
  readonly log: (line: string) => void;
}

interface Seen {
  readonly key: LeaseKey;
  status: ServiceStatus | null;
  lookedAt: number | null;
  fault: string | null;
  /** On the clock that cannot be set; when it was last begun. */
  begunAt: number;
  isLooking: boolean;
  /** Something has begun or ended since the look under way was begun. */
  isStale: boolean;
  standing: NodeJS.Timeout | null;
}

export class FleetWatch {
  readonly #parts: FleetWatchParts;
  readonly #seen: ReadonlyMap<string, Seen>;
  readonly #waiting: Seen[] = [];
  #looking = 0;
  #orphans: readonly Orphan[] = [];
  #orphansAt = -Infinity;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(parts: FleetWatchParts) {
    this.#parts = parts;
    this.#seen = new Map(parts.deployers.keys.map((key) => [placeOf(key), unseen(key)]));
  }

  /** The first look, which is not waited for. */
  open(): void {
    this.ask();
    this.#timer = setInterval(() => {
      if (this.#parts.isWatched()) this.ask();
    }, FRESH_MS).unref();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { standing } of this.#seen.values()) if (standing !== null) clearTimeout(standing);
  }

  /** Somebody wants to see: looks again where the last look is not fresh. */
  ask(): void {
    for (const one of this.#seen.values()) {
      if (!one.isLooking && performance.now() - one.begunAt >= FRESH_MS) this.#lookLater(one);
    }
    if (performance.now() - this.#orphansAt < FRESH_MS) return;
    this.#orphansAt = performance.now();
    void this.#lookForOrphans();
  }

  views(environment: string | undefined): ServiceView[] {
    const all = [...this.#seen.values()];
    return all.filter(({ key }) => environment === undefined || key.environment === environment).map(viewOf);
  }

  orphans(environment: string | undefined): readonly Orphan[] {
    if (environment === undefined) return this.#orphans;
    return this.#orphans.filter((one) => one.environment === environment || !one.environmentKnown);
  }

  /** What somebody has seen by looking themselves. */
  keep(status: ServiceStatus): void {
    const one = this.#seen.get(placeOf(status));
    if (one !== undefined) this.#keep(one, status);
  }

  /** A deployment has changed: what is under way is read again, and once it has begun or ended it is looked again. */
  deploymentChanged(summary: DeploymentSummary): void {
    const one = this.#seen.get(placeOf(summary));
    if (one === undefined || this.#isClosed) return;
    const isKnown = one.status?.unfinished?.id === summary.id;
    if ((summary.phase === 'ended') === isKnown) this.#lookLater(one);
    one.standing ??= setTimeout(() => {
      one.standing = null;
      void this.#readStanding(one);
    }, STANDING_MS);
  }

  #lookLater(one: Seen): void {
    one.begunAt = performance.now();
    // What a look under way has seen may have been before.
    if (one.isLooking) one.isStale = true;
    else if (!this.#waiting.includes(one)) this.#waiting.push(one);
    this.#lookAtNext();
  }

  #lookAtNext(): void {
    while (this.#looking < CONCURRENCY && !this.#isClosed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#looking += 1;
      next.isLooking = true;
      next.isStale = false;
      void this.#look(next).then(() => {
        this.#looking -= 1;
        next.isLooking = false;
        if (next.isStale) this.#lookLater(next);
        this.#lookAtNext();
      });
    }
  }

  /** Never rejects. */
  async #look(one: Seen): Promise<void> {
    const { deployers, journal, stateOf } = this.#parts;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const tooLong = new OperationError(`the look took longer than ${LOOK_TIMEOUT_MS / 1_000} s`);
      timer = setTimeout(() => reject(tooLong), LOOK_TIMEOUT_MS).unref();
    });
    const looking = (async () => {
      const deployer = await deployers.of(one.key);
      return statusOf(deployer, journal, () => isAttended(journal, one.key), { stateOf });
    })();
    try {
      this.#keep(one, await Promise.race([looking, late]));
    } catch (error) {
      one.fault = messageOf(error);
      one.lookedAt = Date.now();
      this.#tell(one);
    } finally {
      clearTimeout(timer);
      looking.catch(() => {});
    }
  }

  #keep(one: Seen, status: ServiceStatus): void {
    one.status = status;
    one.lookedAt = Date.now();
    one.fault = null;
    this.#tell(one);
  }

  /** Never rejects: where the journal cannot be read, the next look says so. */
  async #readStanding(one: Seen): Promise<void> {
    const { journal, stateOf } = this.#parts;
    try {
      const standing = await standingOf(one.key, journal, () => isAttended(journal, one.key), stateOf);
      if (one.status === null) return;
      one.status = { ...one.status, ...standing, well: one.status.well && standing.unfinished === null };
      this.#tell(one);
    } catch (error) {
      this.#parts.log(`what is under way of ${one.key.service} cannot be read: ${messageOf(error)}`);
    }
  }

  /** Never rejects. */
  async #lookForOrphans(): Promise<void> {
    const { place } = this.#parts;
    try {
      const environments = Object.keys(place.config.environments);
      const found = await Promise.all(environments.map((name) => orphansOf(place, name)));
      // Those of environments that the config does not have come with each of them.
      this.#orphans = [...new Map(found.flat().map((one) => [placeOf(one), one])).values()];
    } catch (error) {
      this.#parts.log(`it cannot be looked for what is not in the config any more: ${messageOf(error)}`);
    }
  }

  #tell(one: Seen): void {
    if (!this.#isClosed) this.#parts.onView(viewOf(one));
  }
}

function unseen(key: LeaseKey): Seen {
  return {
    key,
    status: null,
    lookedAt: null,
    fault: null,
    begunAt: -Infinity,
    isLooking: false,
    isStale: false,
    standing: null,
  };
}

function viewOf({ key, status, lookedAt, fault }: Seen): ServiceView {
  return { ...key, status, lookedAt, fault, needs: needsOf(status, fault) };
}
