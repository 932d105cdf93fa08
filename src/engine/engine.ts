/**
 * The engine: executes plans through the ports, and takes up what an earlier controller left. It holds the
 * lease of the service for as long as it acts, so that there is one hand on the wheel.
 */
import type { DeploymentEvent } from '../domain/event.ts';
import { fold } from '../domain/evolve.ts';
import { holderInWords } from '../domain/holder.ts';
import { assertCurrent, assertUnedited } from '../domain/make-plan.ts';
import type { LeaseStamp } from '../domain/operation.ts';
import type { Plan } from '../domain/plan.ts';
import type { DeploymentState } from '../domain/state.ts';
import { InvalidPlanStateError, LeaseHeldError } from '../errors.ts';
import type { Lease, LeaseKey } from '../journal/journal.ts';
import { DeploymentRun, type EventListener } from './deployment-run.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { observeFleet } from './observe-fleet.ts';
import type { Ports } from './ports.ts';
import { steadyClock } from './steady-clock.ts';
import { assertReachable, whatIsUnreachable } from './unreachable-targets.ts';

export interface EngineOptions {
  /**
   * Who acts, told to whoever finds the lease taken: `ann@laptop pid 4711`. A name that no other engine has:
   * two of one name would take the lease for their own.
   */
  readonly holder: string;
  readonly onEvents?: EventListener;
  /** Called once the deployment is this engine's to act on: it has just been created, or its lease taken over. */
  readonly onBegun?: (deployment: string) => void;
  /**
   * Whether the holder of a lease is known for certain to be gone, so that its lease need not run out.
   * Default: nobody is.
   */
  readonly isGone?: (holder: string) => boolean;
  /**
   * Sees to what has to be there before a deployment begins or goes on, such as the service's route. Called
   * under the lease, once nothing speaks against it; where it rejects, nothing has been done.
   */
  readonly prepare?: (lease: LeaseStamp) => Promise<void>;
  /** Called under the lease once the deployment has ended; has to see to its own failures. */
  readonly finish?: (lease: Lease) => Promise<void>;
  /** Stops acting when it is aborted; the deployment can be resumed. */
  readonly signal?: AbortSignal;
}

export class Engine {
  readonly #ports: Ports;
  readonly #options: EngineOptions;
  /** What this engine does now, by service and environment. */
  readonly #acting = new Map<string, { readonly since: number; readonly doing: string }>();

  constructor(ports: Ports, options: EngineOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /**
   * Executes a plan from its beginning to its end.
   * @throws InvalidPlanError when it was edited, StalePlanError when the fleet has changed, LeaseHeldError when
   *   another controller acts on the service, UnreachableError when more targets cannot be reached than may fail: nothing
   *   has been done then. FencedError and JournalError: it
   *   was begun, and `resume` goes on with it.
   */
  async execute(plan: Plan, by: string): Promise<DeploymentState> {
    assertUnedited(plan);
    return this.#holding(plan, `deploying ${plan.release.version}`, async (keeper) => {
      await this.#refuseUnfinished(plan);
      const { running, unhealthy, unreachable } = await observeFleet(this.#ports, plan);
      assertCurrent(plan, running, unreachable);
      assertReachable(plan, unreachable);
      await this.#prepare(keeper);
      const now = this.#ports.clock.now();
      const id = await this.#ports.journal.create(plan, by, now, keeper.lease);
      const created: DeploymentEvent = { type: 'deployment-created', at: now, plan, by };
      this.#options.onBegun?.(id);
      return this.#run(fold(id, [created]), now, keeper, {
        unhealthy,
        ...whatIsUnreachable(plan, unreachable),
      });
    });
  }

  /**
   * Goes on with a deployment whose controller is gone, to the same end. Resolves at once when it has ended.
   * @throws DeploymentNotFoundError, LeaseHeldError when its controller lives
   */
  async resume(id: string): Promise<DeploymentState> {
    const summary = await this.#ports.journal.summary(id);
    if (summary.phase === 'ended') return (await this.#read(id)).state;
    return this.#holding(summary, `resuming ${id}`, async (keeper) => {
      const { state, lastAt } = await this.#read(id);
      if (state.phase === 'ended') return state;
      await this.#prepare(keeper);
      this.#options.onBegun?.(id);
      return this.#run(state, lastAt, keeper, { unhealthy: [] });
    });
  }

  /** The last moment to leave before anything is begun. */
  async #prepare({ lease }: LeaseKeeper): Promise<void> {
    const { prepare, signal } = this.#options;
    await prepare?.(lease);
    signal?.throwIfAborted();
  }

  /** Acts under the lease of a service, which is kept alive for as long as that takes. */
  async #holding(
    key: LeaseKey,
    doing: string,
    act: (keeper: LeaseKeeper) => Promise<DeploymentState>,
  ): Promise<DeploymentState> {
    const { journal, clock } = this.#ports;
    const place = `${key.service} in ${key.environment}`;
    this.#refuseSecond(place);
    this.#acting.set(place, { since: clock.now(), doing });
    try {
      const { holder, isGone = () => false } = this.#options;
      const { service, environment } = key;
      const request = { service, environment, holder, doing };
      const keeper = await LeaseKeeper.take(journal, clock, request, isGone);
      try {
        return await act(keeper);
      } finally {
        keeper.stop();
        // Where it cannot be given back it runs out by itself; what came of the deployment stands all the same.
        await journal.release(keeper.lease).catch(() => {});
      }
    } finally {
      this.#acting.delete(place);
    }
  }

  /** The lease of this engine would be given to it a second time. */
  #refuseSecond(place: string): void {
    const { holder } = this.#options;
    const own = this.#acting.get(place);
    if (own === undefined) return;
    throw new LeaseHeldError(`${holderInWords(holder)} itself holds ${place}: ${own.doing}`, {
      holder,
      ...own,
    });
  }

  async #read(id: string): Promise<{ state: DeploymentState; lastAt: number }> {
    const stored = await this.#ports.journal.read(id);
    const events = stored.map(({ event }) => event);
    return { state: fold(id, events), lastAt: events.at(-1)?.at ?? 0 };
  }

  /**
   * Runs it from where it stands.
   * @param lastAt when its last event happened
   * @param seen of the targets of one that is to start; one that was killed between its creation and its start
   *   has done nothing, so it simply starts
   */
  async #run(
    state: DeploymentState,
    lastAt: number,
    keeper: LeaseKeeper,
    seen: Pick<Extract<DeploymentEvent, { type: 'deployment-started' }>, 'unhealthy' | 'unreachable'>,
  ): Promise<DeploymentState> {
    const { onEvents, finish, signal, holder } = this.#options;
    const clock = steadyClock(this.#ports.clock, lastAt);
    const at = clock.now();
    const { epoch } = keeper.lease;
    const first: DeploymentEvent[] = [{ type: 'controller-changed', at, controller: holder, epoch }];
    if (state.phase === 'created') first.push({ type: 'deployment-started', at, ...seen });
    const run = new DeploymentRun({ ...this.#ports, clock }, state, keeper);
    if (onEvents) run.onEvents(onEvents);
    const leave = () => run.leave(signal?.reason);
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      const ended = await run.run(first);
      await finish?.(keeper.lease);
      return ended;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** A deployment that was left in the middle comes first: two half-done ones cannot be told apart. */
  async #refuseUnfinished(plan: Plan): Promise<void> {
    const { service, environment } = plan;
    const [left] = await this.#ports.journal.list({ service, environment, ended: false, limit: 1 });
    if (left === undefined) return;
    throw new InvalidPlanStateError(`${left.id} (${left.version}) has not ended`, left.phase, plan, {
      remedy: `Go on with it first: sluice resume ${left.id}, or take it back: sluice abort ${left.id}.`,
    });
  }
}
