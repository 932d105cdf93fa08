/**
 * Processes of this machine: the process platform and the embedded router, both in the supervisor, or a load balancer
 * in the place of that router.
 */
import type { ResolvedService } from '../../config/resolve-service.ts';
import type { LeaseStamp, OperationContext } from '../../domain/operation.ts';
import type { Release } from '../../domain/release.ts';
import { ProcessPlatform } from '../../platforms/process/process-platform.ts';
import type { Backend, Router } from '../../routers/router.ts';
import { SupervisorClient } from '../../supervisor/client.ts';
import { SupervisedRouter } from '../../supervisor/supervised-router.ts';
import type { Finding } from '../finding.ts';
import { routeOf, urlOf } from '../from-config.ts';
import type { Fleet, FleetPlace, FollowOptions, FormerTargets, InstanceLog, Look } from './fleet.ts';
import { FencedRouter, makeLoadBalancer, takeOut } from './load-balancer.ts';

const OPEN_TIMEOUT_MS = 30_000;

export class ProcessFleet implements Fleet {
  readonly platform: ProcessPlatform;
  readonly router: Router;
  readonly targets: readonly string[];
  readonly can = { beside: true, routed: true, staged: true };
  readonly url: string;
  readonly exec = null;
  readonly #service: ResolvedService;
  readonly #supervisor: SupervisorClient;
  readonly #embedded: SupervisedRouter;
  /** `null`: the embedded router. */
  readonly #balancer: Router | null;

  static async open(service: ResolvedService, place: FleetPlace): Promise<ProcessFleet> {
    const { router } = service;
    const isEmbedded = router.type === 'embedded';
    return new ProcessFleet(
      service,
      place,
      isEmbedded ? null : await makeLoadBalancer(service, router, place.dir, null),
    );
  }

  private constructor(service: ResolvedService, { stateDir }: FleetPlace, balancer: Router | null) {
    this.#service = service;
    this.#supervisor = new SupervisorClient({ stateDir });
    this.platform = new ProcessPlatform({ supervisor: this.#supervisor });
    this.#embedded = new SupervisedRouter(this.#supervisor);
    this.#balancer = balancer;
    this.router =
      balancer === null
        ? this.#embedded
        : new FencedRouter(balancer, ({ signal, lease }) => this.#assertCurrent(signal, lease));
    this.targets = processSlots(service);
    this.url = urlOf(service);
  }

  async makeRelease(version: string, folder: string): Promise<Release> {
    // Before anything: the journal, the secrets' key and the copies are all kept there.
    await this.#supervisor.prepare();
    const { makeProcessRelease } = await import('../../platforms/process/process-release.ts');
    const { name, command, env, secrets, ignore, stopTimeoutMs } = this.#service;
    const { stateDir } = this.#supervisor;
    return makeProcessRelease({
      service: name,
      version,
      folder,
      command,
      env,
      secrets,
      ignore,
      stopTimeoutMs,
      stateDir,
    });
  }

  /** The supervisor knows of everything that it runs, also on targets that are not wanted any more. */
  async look(_former: FormerTargets, context: OperationContext): Promise<Look> {
    const instances = await this.platform.instancesOf(this.#service.name, context);
    return { instances, unreachable: new Map(), differences: [] };
  }

  async openRoute(lease?: LeaseStamp): Promise<void> {
    const { name, router } = this.#service;
    if (router.type === 'embedded') {
      await this.#embedded.configure(routeOf(this.#service, router), { ...(lease && { lease }) });
      return;
    }
    const signal = AbortSignal.timeout(OPEN_TIMEOUT_MS);
    await this.#assertCurrent(signal, lease);
    // Before anything moves: can it be asked, and does it know of the service?
    await this.router.inspect(name, { signal });
  }

  async routeDrift(): Promise<string | null> {
    if (this.#balancer !== null) return null;
    const { name, port } = this.#service;
    const { address } = await this.#embedded.describe(name);
    if (address?.port === port) return null;
    return address === null
      ? `nothing listens on port ${port}: see supervisor.log`
      : `it listens on port ${address.port}, the config says ${port}`;
  }

  contentsOf(release: Release): Promise<Map<string, string> | null> {
    return this.platform.contentsOf(release);
  }

  logTail(log: InstanceLog, lines: number): Promise<string[]> {
    return this.platform.logTail(log.target, this.#known(log), lines);
  }

  followLog(log: InstanceLog, options: FollowOptions): AsyncGenerator<string, void, void> {
    return this.platform.followLog(log.target, this.#known(log), options);
  }

  #known({ release }: InstanceLog): { service: string; id: string } {
    return { service: this.#service.name, id: release };
  }

  /** Starts no supervisor to find out that there is nothing to stop. */
  async stop(_former: FormerTargets, lease: LeaseStamp): Promise<boolean> {
    const { name } = this.#service;
    const signal = new AbortController().signal;
    const routed = this.#balancer === null ? false : await takeOut(this.router, name, { signal, lease });
    const [instances, { address }] = await Promise.all([
      this.platform.instancesOf(name, { signal }),
      this.#embedded.describe(name),
    ]);
    if (instances.length === 0 && address === null) return routed;
    await this.#supervisor.call('stopService', { service: name }, { lease });
    return true;
  }

  /**
   * Closes the embedded route of a service that has moved to a load balancer, once nothing runs that it leads to.
   * Where that fails the next deployment tries again.
   */
  async leave(lease: LeaseStamp): Promise<void> {
    if (this.#balancer === null) return;
    const { name } = this.#service;
    const context = { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS), lease };
    try {
      if ((await this.#embedded.describe(name)).address === null) return;
      const [{ backends }, instances] = await Promise.all([
        this.#embedded.inspect(name, context),
        this.platform.instancesOf(name, context),
      ]);
      const runs = (backend: Backend) =>
        instances.some(({ target, release }) => target === backend.target && release === backend.release);
      if (!backends.some(runs)) await this.#embedded.remove(name, context);
    } catch {
      // Nobody waits for it.
    }
  }

  async findings(folder: string): Promise<Finding[]> {
    const { processFindings } = await import('./process-findings.ts');
    return processFindings(this.#service, folder, {
      supervisor: this.#supervisor,
      embedded: this.#embedded,
      balancer: this.#balancer,
    });
  }

  /** The supervisor keeps out whoever worked on the service under an earlier lease; a load balancer could not. */
  async #assertCurrent(signal: AbortSignal, lease?: LeaseStamp): Promise<void> {
    if (lease === undefined) return;
    await this.#supervisor.call('inspectRoute', { service: this.#service.name }, { signal, lease });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor[Symbol.asyncDispose]();
  }
}

/** `api.1` to `api.4`. */
export function processSlots({ name, instances }: Pick<ResolvedService, 'name' | 'instances'>): string[] {
  return Array.from({ length: instances }, (_, index) => `${name}.${index + 1}`);
}
