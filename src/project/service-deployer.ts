/**
 * One service in one environment: makes releases and plans of it, executes them, and looks at it. The one
 * place where platform, router, checks and engine come together.
 */
import { resolve } from 'node:path';
import type { ResolvedService } from '../config/resolve-service.ts';
import { systemClock } from '../domain/clock.ts';
import type { LeaseStamp } from '../domain/operation.ts';
import type { Plan } from '../domain/plan.ts';
import type { Release } from '../domain/release.ts';
import type { DeploymentState } from '../domain/state.ts';
import type { Engine, EngineOptions } from '../engine/engine.ts';
import { subjectOf } from '../engine/performance.ts';
import type { Ports } from '../engine/ports.ts';
import type { HealthJudge } from '../health/health-check.ts';
import { serviceHealth } from '../health/service-health.ts';
import { CommandHookRunner } from '../hooks/command-hook-runner.ts';
import type { Journal, LeaseKey } from '../journal/journal.ts';
import type { Instance, LookContext } from '../platforms/platform.ts';
import { allAtOnceSteps } from '../strategies/all-at-once.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { AuditKind, Fleet, Look } from './fleet/fleet.ts';
import { makeFleet } from './fleet/make-fleet.ts';
import { checksOf, hidingSecretsOf, strategyOf } from './from-config.ts';
import { isHolderGone } from './holder.ts';
import { type PlanRequest, planService } from './plan-service.ts';
import { ReleaseHistory } from './release-history.ts';

const LOOK_TIMEOUT_MS = 30_000;
/** The strategy of what puts a fleet right. */
const RECONCILE = 'reconcile';
/** Whoever asks for a plan may have looked a moment ago, as a rollback does to know where from. */
const JUST_SEEN_MS = 3_000;

export interface DeployerPlace {
  /** The folder of the config: paths in it start there. */
  readonly dir: string;
  /** The state folder of the environment. */
  readonly stateDir: string;
  readonly journal: Journal;
  /** Who is at the keyboard: `ann@laptop`. */
  readonly who: string;
}

export class ServiceDeployer {
  readonly service: ResolvedService;
  readonly key: LeaseKey;
  /** What is deployed: absolute. */
  readonly folder: string;
  readonly history: ReleaseHistory;
  readonly fleet: Fleet;
  /** `null` when the service has no checks. */
  readonly health: HealthJudge | null;
  readonly #place: DeployerPlace;

  static async open(service: ResolvedService, place: DeployerPlace): Promise<ServiceDeployer> {
    const { dir, stateDir, who, journal } = place;
    const fleet = await makeFleet(service, { dir, stateDir, who, identity: () => journal.identity() });
    return new ServiceDeployer(service, place, fleet);
  }

  private constructor(service: ResolvedService, place: DeployerPlace, fleet: Fleet) {
    this.service = service;
    this.#place = place;
    this.fleet = fleet;
    this.key = { service: service.name, environment: service.environment };
    this.folder = resolve(place.dir, service.folder);
    this.history = new ReleaseHistory(place.journal, this.key);
    const checks = checksOf(service, place.dir, hidingSecretsOf(service));
    this.health = checks.length === 0 ? null : serviceHealth(checks);
  }

  get url(): string {
    return this.fleet.url;
  }

  /** The release that the service's folder is now. Throws `InvalidInputError`, `OperationError`. */
  makeRelease(version: string): Promise<Release> {
    return this.fleet.makeRelease(version, this.folder);
  }

  /** What will happen to bring the service to this release. @param strategy default: the config's */
  async plan(release: Release, strategy: Strategy = strategyOf(this.service)): Promise<Plan> {
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    return this.#planFrom(await this.look({ signal, atMostMsOld: JUST_SEEN_MS }), release, strategy);
  }

  /**
   * What puts right that is not as the last good deployment left it, wherever that can be reached now.
   * @throws InvalidInputError when no deployment was good yet
   */
  async planReconcile(): Promise<{ readonly plan: Plan; readonly look: Look }> {
    const [look, release] = await Promise.all([this.look(), this.history.last()]);
    // The hooks were those of the deployment; it has run them.
    const options = { eachByItself: true, hooked: false };
    const strategy = { ...allAtOnceSteps(), name: RECONCILE };
    return { plan: await this.#planFrom(look, release, strategy, options), look };
  }

  async #planFrom(
    { instances, unreachable }: Look,
    release: Release,
    strategy: Strategy,
    options: Pick<PlanRequest, 'eachByItself' | 'hooked'> = {},
  ): Promise<Plan> {
    return planService({
      service: this.service,
      fleet: this.fleet,
      release,
      strategy,
      instances,
      leftWith: await this.#leftWith([...unreachable.keys()]),
      unwell: await this.#unwell(instances.filter((instance) => instance.release === release.id)),
      history: this.history,
      now: systemClock.now(),
      ...options,
    });
  }

  /** Executes a plan. See `Engine.execute`. */
  async execute(plan: Plan, by: string, options: EngineOptions): Promise<DeploymentState> {
    return (await this.#engine(options)).execute(plan, by);
  }

  /** Goes on with a deployment that its controller has left. See `Engine.resume`. */
  async resume(deployment: string, options: EngineOptions): Promise<DeploymentState> {
    return (await this.#engine(options)).resume(deployment);
  }

  /** Everything of the service that runs now, by looking, and what could not be looked at. */
  async look(
    context: LookContext = { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) },
    audit?: AuditKind,
  ): Promise<Look> {
    return this.fleet.look(() => this.#formerTargets(), context, audit);
  }

  /** As it was just seen, or is seen now. @throws OperationError when part of it cannot be seen */
  async instances(): Promise<readonly Instance[]> {
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    const { instances, unreachable } = await this.look({ signal, atMostMsOld: JUST_SEEN_MS });
    const [first] = unreachable.values();
    if (first !== undefined) throw first;
    return instances;
  }

  /** Stops everything of the service. Resolves with whether there was anything. */
  async stop(lease: LeaseStamp): Promise<boolean> {
    const stopped = await this.fleet.stop(() => this.#formerTargets(), lease);
    await this.fleet.leave(lease);
    return stopped;
  }

  async close(): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
  }

  /** Targets of the last good deployment that the config does not have any more. */
  async #formerTargets(): Promise<string[]> {
    const targets = [...(await this.#lastGood()).keys()];
    return targets.filter((id) => !this.fleet.targets.includes(id));
  }

  /** The release of these targets, as the last good deployment left them. */
  async #leftWith(targets: readonly string[]): Promise<Map<string, string>> {
    if (targets.length === 0) return new Map();
    const last = await this.#lastGood();
    return new Map([...last].filter(([id]) => targets.includes(id)));
  }

  /** Release ids by target. */
  async #lastGood(): Promise<Map<string, string>> {
    const { journal } = this.#place;
    const [last] = await journal.list({ ...this.key, outcome: 'completed', limit: 1 });
    if (last === undefined) return new Map();
    const { targets, release } = await journal.plan(last.id);
    const wanted = targets.filter(({ leaving }) => leaving !== true);
    return new Map(wanted.map(({ id }) => [id, release.id]));
  }

  /** The targets of those instances that crash again and again, or whose checks fail. */
  async #unwell(instances: readonly Instance[]): Promise<Set<string>> {
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    const unwell = await Promise.all(
      instances.map(async (instance) => {
        if (instance.state !== 'running') return [instance.target];
        const judgement = await this.health?.judge(subjectOf(instance), signal);
        return judgement?.status === 'unhealthy' ? [instance.target] : [];
      }),
    );
    return new Set(unwell.flat());
  }

  /** Loaded when it is needed: `sluice status` and its like do without it. */
  async #engine(options: EngineOptions): Promise<Engine> {
    const { Engine } = await import('../engine/engine.ts');
    return new Engine(this.#ports(), {
      isGone: isHolderGone,
      ...options,
      prepare: (lease) => this.fleet.openRoute(lease),
      finish: async (lease) => {
        await options.finish?.(lease);
        await this.fleet.leave(lease);
      },
    });
  }

  #ports(): Ports {
    return {
      journal: this.#place.journal,
      platform: this.fleet.platform,
      router: this.fleet.router,
      health: this.health,
      hooks: new CommandHookRunner(this.#place.dir, hidingSecretsOf(this.service)),
      clock: systemClock,
    };
  }
}
