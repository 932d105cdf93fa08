/** What runs of a service, by looking, and whether it is what should run. */
import type { GateStanding } from '../domain/gate.ts';
import type { OperationContext } from '../domain/operation.ts';
import type { DeploymentState } from '../domain/state.ts';
import type { DeploymentSummary } from '../domain/summary.ts';
import { subjectOf } from '../engine/performance.ts';
import { OperationError } from '../errors.ts';
import type { HealthStatus } from '../health/health-check.ts';
import type { Journal, LeaseKey } from '../journal/journal.ts';
import type { Instance } from '../platforms/platform.ts';
import type { BackendStatus, Router, RouteStatus, Split } from '../routers/router.ts';
import type { AuditKind } from './fleet/fleet.ts';
import type { ServiceDeployer } from './service-deployer.ts';

const LOOK_TIMEOUT_MS = 30_000;

/** One instance: a release on a target. */
export interface InstanceStatus {
  readonly target: string;
  /** Release id, and its version. */
  readonly release: string;
  readonly version: string;
  readonly state: Instance['state'];
  readonly pid: number | null;
  readonly restarts: number;
  /** `unknown` where there is nothing to ask. */
  readonly health: HealthStatus;
  /** The checks' last answers, in words. */
  readonly message: string;
  /** Whether the router sends it requests; true where there is no router. */
  readonly routed: boolean;
  /** Requests in flight. */
  readonly inFlight: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
}

export interface UnfinishedDeployment extends DeploymentSummary {
  /** A controller looks after it. */
  readonly attended: boolean;
  /** Who held the lease last. */
  readonly holder: string | null;
  /** What the gate asks at which it waits for a person; absent when it waits at none. */
  readonly question?: string;
  /** How the gate stands at which it is, also while it is paused there; absent when it is at none. */
  readonly gate?: GateStanding;
}

export interface ServiceStatus {
  readonly service: string;
  readonly environment: string;
  readonly url: string;
  /** Targets that the config wants. */
  readonly targets: readonly string[];
  readonly instances: readonly InstanceStatus[];
  /** Targets that could not be looked at: why, by target. */
  readonly unreachable: Readonly<Record<string, string>>;
  readonly split: Split | null;
  /** The newest deployment that has ended. */
  readonly last: DeploymentSummary | null;
  /** A deployment that has not ended. */
  readonly unfinished: UnfinishedDeployment | null;
  /** What is not as it should be, a sentence each. */
  readonly drift: readonly string[];
  /** Everything is as it should be. */
  readonly well: boolean;
}

export interface StatusOptions {
  /** How files on servers are compared with what they were. Default by time. */
  readonly audit?: AuditKind;
  /** The state of a deployment. Default: its events are read and folded. */
  readonly stateOf?: StateOf;
}

type StateOf = (deployment: string) => Promise<DeploymentState>;

export async function statusOf(
  deployer: ServiceDeployer,
  journal: Journal,
  isAttended: () => Promise<boolean>,
  { audit = 'by time', stateOf }: StatusOptions = {},
): Promise<ServiceStatus> {
  const { key, service, url, fleet } = deployer;
  const context = { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) };
  const [seen, { route, fault }, wrong, [good = null], { last, unfinished }] = await Promise.all([
    deployer.look(context, audit),
    routeOf(fleet.router, service.name, context),
    fleet.routeDrift(),
    journal.list({ ...key, outcome: 'completed', limit: 1 }),
    standingOf(key, journal, isAttended, stateOf),
  ]);
  const { targets } = fleet;
  const instances = await Promise.all(
    inOrder(seen.instances, targets).map((one) => instanceStatus(deployer, one, route, context.signal)),
  );
  const unreachable = Object.fromEntries([...seen.unreachable].map(([id, error]) => [id, error.message]));
  const drift = unfinished === null ? driftOf(targets, instances, unreachable, good) : [];
  if (unfinished === null) drift.push(...seen.differences);
  if (instances.length > 0 && wrong !== null) drift.push(wrong);
  if (fault !== null) drift.push(fault);
  const healthy = instances.every((one) => one.health !== 'unhealthy' && one.state === 'running');
  return {
    service: service.name,
    environment: service.environment,
    url,
    targets,
    instances,
    unreachable,
    split: route?.split ?? null,
    last,
    unfinished,
    drift,
    well:
      healthy &&
      drift.length === 0 &&
      seen.unreachable.size === 0 &&
      unfinished === null &&
      instances.length > 0,
  };
}

/** What the journal alone tells of a service. */
export async function standingOf(
  { service, environment }: LeaseKey,
  journal: Journal,
  isAttended: () => Promise<boolean>,
  stateOf: StateOf = (deployment) => foldedState(journal, deployment),
): Promise<Pick<ServiceStatus, 'last' | 'unfinished'>> {
  const key = { service, environment };
  const [[last = null], [left]] = await Promise.all([
    journal.list({ ...key, ended: true, limit: 1 }),
    journal.list({ ...key, ended: false, limit: 1 }),
  ]);
  const unfinished = left === undefined ? null : await unfinishedStatus(left, journal, isAttended, stateOf);
  return { last, unfinished };
}

/** What the router says; where a load balancer cannot be asked that is something to show, not to end with. */
async function routeOf(
  router: Router | null,
  service: string,
  context: OperationContext,
): Promise<{ readonly route: RouteStatus | null; readonly fault: string | null }> {
  try {
    return { route: (await router?.inspect(service, context)) ?? null, fault: null };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { route: null, fault: error.message };
  }
}

/** By target, as the config has them; on one target the one that has run longest comes first. */
function inOrder(instances: readonly Instance[], targets: readonly string[]): Instance[] {
  const places = new Map(targets.map((target, place) => [target, place]));
  const placeOf = ({ target }: Instance) => places.get(target) ?? targets.length;
  return instances.toSorted(
    (a, b) => placeOf(a) - placeOf(b) || (a.startedAt ?? Infinity) - (b.startedAt ?? Infinity),
  );
}

async function unfinishedStatus(
  left: DeploymentSummary,
  journal: Journal,
  isAttended: () => Promise<boolean>,
  stateOf: StateOf,
): Promise<UnfinishedDeployment> {
  const [attended, lease, gate] = await Promise.all([
    isAttended(),
    journal.lease(left),
    gateAt(left, stateOf),
  ]);
  // While it is paused, it is that pause which it waits for.
  const asked = gate === null || left.phase === 'paused' ? {} : { question: gate.question };
  return { ...left, attended, holder: lease?.holder ?? null, ...asked, ...(gate === null ? {} : { gate }) };
}

async function gateAt({ id, phase }: DeploymentSummary, stateOf: StateOf): Promise<GateStanding | null> {
  if (phase !== 'running' && phase !== 'paused') return null;
  // Loaded when it is needed: where all is well, `sluice status` does without it.
  const { gateOf } = await import('../domain/gate.ts');
  return gateOf(await stateOf(id));
}

async function foldedState(journal: Journal, id: string): Promise<DeploymentState> {
  const { fold } = await import('../domain/evolve.ts');
  return fold(
    id,
    (await journal.read(id)).map(({ event }) => event),
  );
}

async function instanceStatus(
  deployer: ServiceDeployer,
  instance: Instance,
  route: RouteStatus | null,
  signal: AbortSignal,
): Promise<InstanceStatus> {
  const judged = await healthOf(deployer, instance, signal);
  const backend = route?.backends.find((one) => isOf(one, instance));
  return {
    target: instance.target,
    release: instance.release,
    version: instance.release.slice(0, instance.release.lastIndexOf('-')),
    state: instance.state,
    pid: instance.pid ?? null,
    restarts: instance.restarts ?? 0,
    ...judged,
    routed: route === null || (backend !== undefined && !backend.draining),
    inFlight: backend?.inFlight ?? 0,
    startedAt: instance.startedAt ?? null,
  };
}

async function healthOf(
  { health }: ServiceDeployer,
  instance: Instance,
  signal: AbortSignal,
): Promise<{ health: HealthStatus; message: string }> {
  if (instance.state !== 'running') return { health: 'unhealthy', message: `it is ${instance.state}` };
  if (health === null) return { health: 'unknown', message: 'no checks are configured' };
  const { status, message } = await health.judge(subjectOf(instance), signal);
  return { health: status, message };
}

function isOf(backend: BackendStatus, { target, release }: Instance): boolean {
  return backend.target === target && backend.release === release;
}

/** Compares what runs with what the last good deployment left. Nothing running at all is stopped, not drift. */
function driftOf(
  targets: readonly string[],
  instances: readonly InstanceStatus[],
  unreachable: Readonly<Record<string, string>>,
  good: DeploymentSummary | null,
): string[] {
  if (good === null || instances.length === 0) return [];
  const drift: string[] = [];
  for (const target of targets) {
    if (Object.hasOwn(unreachable, target)) continue;
    const here = instances.filter((one) => one.target === target);
    const right = here.find((one) => one.release === good.release);
    if (here.length === 0) drift.push(`${target} runs nothing, should run ${good.version}`);
    else if (right === undefined)
      drift.push(`${target} runs ${here[0]?.version}, should run ${good.version}`);
    else if (!right.routed) drift.push(`${target} runs ${good.version} but gets no traffic`);
  }
  for (const { target, version, release } of instances) {
    if (!targets.includes(target)) drift.push(`${target} runs ${version}, is not in the config`);
    else if (
      release !== good.release &&
      instances.some((one) => one.target === target && one.release === good.release)
    ) {
      drift.push(`${target} also runs ${version}`);
    }
  }
  return drift;
}
