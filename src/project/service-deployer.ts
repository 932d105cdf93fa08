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
import type { Instance } from '../platforms/platform.ts';
import { ProcessPlatform } from '../platforms/process/process-platform.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { SupervisorClient } from '../supervisor/client.ts';
import { SupervisedRouter } from '../supervisor/supervised-router.ts';
import { checksOf, routeOf, strategyOf, urlOf } from './from-config.ts';
import { isHolderGone } from './holder.ts';
import { planService } from './plan-service.ts';
import { ReleaseHistory } from './release-history.ts';

const LOOK_TIMEOUT_MS = 30_000;

export interface DeployerPlace {
  /** The folder of the config: paths in it start there. */
  readonly dir: string;
  /** The state folder of the environment. */
  readonly stateDir: string;
  readonly journal: Journal;
}

export class ServiceDeployer {
  readonly service: ResolvedService;
  readonly key: LeaseKey;
  readonly url: string;
  /** What is deployed: absolute. */
  readonly folder: string;
  readonly history: ReleaseHistory;
  readonly platform: ProcessPlatform;
  readonly router: SupervisedRouter;
  readonly supervisor: SupervisorClient;
  /** `null` when the service has no checks. */
  readonly health: HealthJudge | null;
  readonly #place: DeployerPlace;

  constructor(service: ResolvedService, place: DeployerPlace) {
    this.service = service;
    this.#place = place;
    this.key = { service: service.name, environment: service.environment };
    this.url = urlOf(service);
    this.folder = resolve(place.dir, service.folder);
    this.history = new ReleaseHistory(place.journal, this.key);
    this.supervisor = new SupervisorClient({ stateDir: place.stateDir });
    this.platform = new ProcessPlatform({ supervisor: this.supervisor });
    this.router = new SupervisedRouter(this.supervisor);
    const checks = checksOf(service, place.dir);
    this.health = checks.length === 0 ? null : serviceHealth(checks);
  }

  /** The release that the service's folder is now. Throws `InvalidInputError`, `OperationError`. */
  async makeRelease(version: string): Promise<Release> {
    // Before anything: the journal, the secrets' key and the copies are all kept there.
    await this.supervisor.prepare();
    const { makeProcessRelease } = await import('../platforms/process/process-release.ts');
    const { name, command, env, secrets, ignore, stopTimeoutMs } = this.service;
    return makeProcessRelease({
      service: name,
      version,
      folder: this.folder,
      command,
      env,
      secrets,
      ignore,
      stopTimeoutMs,
      stateDir: this.#place.stateDir,
    });
  }

  /** What will happen to bring the service to this release. @param strategy default: the config's */
  async plan(release: Release, strategy: Strategy = strategyOf(this.service)): Promise<Plan> {
    const instances = await this.instances();
    return planService({
      service: this.service,
      release,
      strategy,
      instances,
      unwell: await this.#unwell(instances.filter((instance) => instance.release === release.id)),
      history: this.history,
      now: systemClock.now(),
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

  /**
   * Makes the service reachable as the config says; nothing happens where it is already.
   * @param lease of whoever deploys the service now: from then on what is asked for under an older one is refused
   * @throws OperationError when the port cannot be had
   */
  async openRoute(lease?: LeaseStamp): Promise<void> {
    await this.router.configure(routeOf(this.service), { ...(lease && { lease }) });
  }

  /** Everything of the service that runs now, by looking. */
  instances(): Promise<Instance[]> {
    return this.platform.instancesOf(this.service.name, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
  }

  async close(): Promise<void> {
    await this.supervisor[Symbol.asyncDispose]();
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
      prepare: (lease) => this.openRoute(lease),
    });
  }

  #ports(): Ports {
    return {
      journal: this.#place.journal,
      platform: this.platform,
      router: this.router,
      health: this.health,
      hooks: new CommandHookRunner(this.#place.dir),
      clock: systemClock,
    };
  }
}
