/** Servers over SSH: a host is a target. */
import { resolve } from 'node:path';
import type { ResolvedService } from '../../config/resolve-service.ts';
import type { SshConfig } from '../../config/schema/platform.ts';
import type { LeaseStamp } from '../../domain/operation.ts';
import type { Release } from '../../domain/release.ts';
import { lookAtFleet, reachable } from '../../engine/look-at-fleet.ts';
import { SluiceError } from '../../errors.ts';
import type { LookContext } from '../../platforms/platform.ts';
import { scanFolder } from '../../platforms/process/folder-scan.ts';
import type { RunNeeds } from '../../platforms/ssh/scripts/examine.ts';
import type { SshSettings } from '../../platforms/ssh/ssh-config.ts';
import { SshPlatform } from '../../platforms/ssh/ssh-platform.ts';
import { makeSshRelease } from '../../platforms/ssh/ssh-release.ts';
import { SshShells } from '../../platforms/ssh/ssh-shells.ts';
import type { Router } from '../../routers/router.ts';
import type { Finding } from '../finding.ts';
import { urlOf } from '../from-config.ts';
import type {
  AuditKind,
  Fleet,
  FleetPlace,
  FollowOptions,
  FormerTargets,
  InstanceLog,
  Look,
  RunOnTarget,
} from './fleet.ts';
import { type BalancerReach, makeLoadBalancer, takeOut } from './load-balancer.ts';
import type { ExaminedHost } from './ssh-findings.ts';
import { sshReach } from './ssh-reach.ts';
import { sshRunOf } from './ssh-run.ts';

const OPEN_TIMEOUT_MS = 30_000;
const LEAVE_TIMEOUT_MS = 10_000;
/** What a host has to tell what runs, beyond the time to log in. */
const LOOK_MS = 10_000;
const STOP_GRACE_MS = 20_000;
/** To look at all hosts, and more for each: logins at once are bounded. */
const EXAMINE_TIMEOUT_MS = 30_000;
const EXAMINE_MORE_MS = 100;

/** How hosts and the load balancer are reached. */
interface Ways {
  readonly shells: SshShells;
  readonly router: Router | null;
  readonly reach: BalancerReach | null;
}

export class SshFleet implements Fleet {
  readonly platform: SshPlatform;
  readonly router: Router | null;
  readonly targets: readonly string[];
  readonly can: Fleet['can'];
  readonly url: string;
  readonly #service: ResolvedService;
  readonly #config: SshConfig;
  readonly #shells: SshShells;
  readonly #stateDir: string;

  /** `null` where the load balancer is on this machine, or there is none. */
  readonly #reach: BalancerReach | null;

  static async open(service: ResolvedService, config: SshConfig, place: FleetPlace): Promise<SshFleet> {
    const settings: SshSettings = {
      connectTimeoutSeconds: Math.ceil(config.connectTimeoutMs / 1000),
      ...(config.configFile === undefined ? {} : { configFile: resolve(place.dir, config.configFile) }),
    };
    const shells = new SshShells(settings);
    const { router } = service;
    if (router.type === 'embedded')
      return new SshFleet(
        service,
        config,
        place,
        { shells, router: null, reach: null },
        await place.identity(),
      );
    const reach = router.on === undefined ? null : sshReach(router.on, shells, settings);
    const balancer = await makeLoadBalancer(service, router, place.dir, reach);
    return new SshFleet(service, config, place, { shells, router: balancer, reach }, await place.identity());
  }

  private constructor(
    service: ResolvedService,
    config: SshConfig,
    place: FleetPlace,
    { shells, router, reach }: Ways,
    authority: string,
  ) {
    this.#service = service;
    this.#config = config;
    this.#stateDir = place.stateDir;
    this.#shells = shells;
    this.#reach = reach;
    this.router = router;
    const ports = config.ports ?? [service.port];
    this.platform = new SshPlatform({
      shells: this.#shells,
      stateDir: place.stateDir,
      root: config.root,
      ports,
      lookTimeoutMs: config.connectTimeoutMs + LOOK_MS,
      holder: { authority, who: place.who, doing: `${service.name} in ${service.environment}` },
    });
    this.targets = config.hosts;
    this.can = { beside: this.platform.beside, routed: router !== null, staged: true };
    const [host = 'localhost'] = service.hosts.length > 0 ? service.hosts : config.hosts;
    const own = `http://${host.slice(host.lastIndexOf('@') + 1)}:${ports[0]}/`;
    this.url = router === null ? own : urlOf(service);
  }

  makeRelease(version: string, folder: string): Promise<Release> {
    const { name, env, secrets, ignore, stopTimeoutMs } = this.#service;
    return makeSshRelease({
      service: name,
      version,
      folder,
      run: sshRunOf(this.#service, this.#config),
      shared: this.#config.shared,
      env,
      secrets,
      ignore,
      stopTimeoutMs,
      stateDir: this.#stateDir,
    });
  }

  async look(former: FormerTargets, context: LookContext, audit?: AuditKind): Promise<Look> {
    const { platform } = this;
    const { name } = this.#service;
    const targets = [...new Set([...this.targets, ...(await former())])];
    if (audit === undefined) {
      return { ...(await lookAtFleet(platform, name, targets, context)), differences: [] };
    }
    const { seen, unreachable } = await reachable(() => {
      return platform.audit(name, targets, audit === 'by content', context);
    });
    return {
      instances: seen.flatMap(({ instances }) => instances),
      unreachable,
      differences: seen.flatMap(({ differences }) => differences),
    };
  }

  /** Before anything moves: can the load balancer be asked, and does it know of the service? */
  async openRoute(): Promise<void> {
    await this.router?.inspect(this.#service.name, { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
  }

  async routeDrift(): Promise<null> {
    return null;
  }

  async contentsOf(): Promise<null> {
    return null;
  }

  logTail({ target, release }: InstanceLog, lines: number): Promise<string[]> {
    return this.platform.logTail(target, this.#known(release), lines);
  }

  followLog({ target, release }: InstanceLog, options: FollowOptions): AsyncGenerator<string, void, void> {
    return this.platform.followLog(target, this.#known(release), options);
  }

  readonly exec: RunOnTarget = (target, argv, signal) => {
    const { run } = this.#config;
    const user = run.type === 'systemd' ? (run.user ?? null) : null;
    return this.platform.exec(target, this.#service.name, argv, user, { signal });
  };

  async stop(former: FormerTargets, lease: LeaseStamp): Promise<boolean> {
    const timeoutMs = this.#service.stopTimeoutMs + STOP_GRACE_MS;
    const context = { signal: AbortSignal.timeout(timeoutMs), lease };
    const routed = this.router !== null && (await takeOut(this.router, this.#service.name, context));
    const { instances, unreachable } = await this.look(former, context);
    await Promise.all(
      instances.map(({ target, release }) => this.platform.stop(target, this.#known(release), context)),
    );
    const [first] = unreachable.values();
    if (first !== undefined) throw first;
    return routed || instances.length > 0;
  }

  async leave(lease: LeaseStamp): Promise<void> {
    const context = { signal: AbortSignal.timeout(LEAVE_TIMEOUT_MS), lease };
    const left = this.targets.map((target) => this.platform.leave(this.#service.name, [target], context));
    // Where a host cannot be reached, its lease runs out by itself.
    await Promise.allSettled(left);
  }

  async findings(folder: string): Promise<Finding[]> {
    const { sshFindings, noAnswer } = await import('./ssh-findings.ts');
    const { name } = this.#service;
    const { run, root, hosts } = this.#config;
    const needs: RunNeeds = run.type === 'systemd' ? { kind: 'systemd', ...run } : { kind: run.type };
    const timeoutMs = EXAMINE_TIMEOUT_MS + hosts.length * EXAMINE_MORE_MS;
    const signal = AbortSignal.timeout(timeoutMs);
    const examine = async (host: string): Promise<ExaminedHost> => {
      try {
        return { host, report: await this.platform.examine(host, name, needs, { signal }) };
      } catch (error) {
        if (error instanceof SluiceError) return { host, report: error };
        if (!signal.aborted) throw error;
        return { host, report: noAnswer(host, timeoutMs) };
      }
    };
    const [releaseBytes, examined] = await Promise.all([
      // What is wrong with the folder is a finding of its own.
      sizeOfFolder(folder, this.#service.ignore).catch(() => 0),
      Promise.all(hosts.map(examine)),
    ]);
    const systemd = run.type === 'systemd' ? run : null;
    return sshFindings(examined, { service: name, folder: `${root}/${name}`, releaseBytes, systemd });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform[Symbol.asyncDispose]();
    this.#reach?.close();
    await this.#shells.close();
  }

  /** What the platform has to know of a release that is on a host already. */
  #known(id: string): Release {
    const { name: service } = this.#service;
    const at = id.lastIndexOf('-');
    return { id, service, version: id.slice(0, at), digest: id.slice(at + 1), spec: {} };
  }
}

async function sizeOfFolder(folder: string, ignore: readonly string[]): Promise<number> {
  const { entries } = await scanFolder(folder, ignore);
  return entries.reduce((sum, { size }) => sum + size, 0);
}
