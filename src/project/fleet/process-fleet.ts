/** Processes of this machine: the process platform and the embedded router, both in the supervisor. */
import type { ResolvedService } from '../../config/resolve-service.ts';
import type { LeaseStamp, OperationContext } from '../../domain/operation.ts';
import type { Release } from '../../domain/release.ts';
import { ProcessPlatform } from '../../platforms/process/process-platform.ts';
import { SupervisorClient } from '../../supervisor/client.ts';
import { SupervisedRouter } from '../../supervisor/supervised-router.ts';
import type { Finding } from '../finding.ts';
import { routeOf, urlOf } from '../from-config.ts';
import type { Fleet, FleetPlace, FollowOptions, FormerTargets, InstanceLog, Look } from './fleet.ts';

export class ProcessFleet implements Fleet {
  readonly platform: ProcessPlatform;
  readonly router: SupervisedRouter;
  readonly targets: readonly string[];
  readonly can = { beside: true, routed: true, staged: true };
  readonly url: string;
  readonly #service: ResolvedService;
  readonly #supervisor: SupervisorClient;

  constructor(service: ResolvedService, { stateDir }: FleetPlace) {
    this.#service = service;
    this.#supervisor = new SupervisorClient({ stateDir });
    this.platform = new ProcessPlatform({ supervisor: this.#supervisor });
    this.router = new SupervisedRouter(this.#supervisor);
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
    return { instances, unreachable: new Map() };
  }

  async openRoute(lease?: LeaseStamp): Promise<void> {
    await this.router.configure(routeOf(this.#service), { ...(lease && { lease }) });
  }

  async routeDrift(): Promise<string | null> {
    const { name, port } = this.#service;
    const { address } = await this.router.describe(name);
    if (address?.port === port) return null;
    return address === null
      ? `nothing listens on port ${port}: see supervisor.log`
      : `it listens on port ${address.port}, the config says ${port}`;
  }

  contentsOf(release: Release): Promise<Map<string, string> | null> {
    return this.platform.contentsOf(release);
  }

  logTail(log: InstanceLog, lines: number): Promise<string[]> {
    return this.#supervisor.logTail({ ...log, service: this.#service.name }, lines);
  }

  followLog(log: InstanceLog, options: FollowOptions): AsyncGenerator<string, void, void> {
    return this.#supervisor.followLog({ ...log, service: this.#service.name }, options);
  }

  /** Starts no supervisor to find out that there is nothing to stop. */
  async stop(_former: FormerTargets, lease: LeaseStamp): Promise<boolean> {
    const { name } = this.#service;
    const signal = new AbortController().signal;
    const [instances, { address }] = await Promise.all([
      this.platform.instancesOf(name, { signal }),
      this.router.describe(name),
    ]);
    if (instances.length === 0 && address === null) return false;
    await this.#supervisor.call('stopService', { service: name }, { lease });
    return true;
  }

  async leave(): Promise<void> {}

  async findings(folder: string): Promise<Finding[]> {
    const { processFindings } = await import('./process-findings.ts');
    return processFindings(this.#service, folder, this.#supervisor, this.router);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor[Symbol.asyncDispose]();
  }
}

/** `api.1` to `api.4`. */
export function processSlots({ name, instances }: Pick<ResolvedService, 'name' | 'instances'>): string[] {
  return Array.from({ length: instances }, (_, index) => `${name}.${index + 1}`);
}
