/**
 * Operations for tests of the HTTP side, where what is done does not matter: two environments, two deployments, and a
 * note of every command that came through. Their answers are made by the domain itself.
 */
import { EventEmitter, on } from 'node:events';
import { accountOf } from '../../src/domain/account.ts';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { gateOf } from '../../src/domain/gate.ts';
import { previewPlan } from '../../src/domain/preview.ts';
import { type DeploymentSummary, firstSummary, nextSummary } from '../../src/domain/summary.ts';
import { DeploymentNotFoundError, InvalidInputError } from '../../src/errors.ts';
import type { LeaseKey, ListFilter, StoredEvent } from '../../src/journal/journal.ts';
import { compareDeployments } from '../../src/project/compare-deployments.ts';
import type { ServiceStatus } from '../../src/project/service-status.ts';
import type {
  Begun,
  Change,
  DeploymentView,
  FleetView,
  LogLine,
  Operations,
  Page,
  PlanView,
  ReleaseView,
  SignalRequest,
  SignalResult,
  Unchanged,
} from '../../src/server/operations.ts';
import { OLD, testPlan } from '../domain/plans.ts';

export const GATED = 'api-1';
export const BAKING = 'api-2';
const NOTHING_REFUSED = {
  pause: null,
  resume: null,
  promote: null,
  abort: null,
  approve: null,
  reject: null,
  retry: null,
  rollback: null,
} as const;

/** Of production, and at a gate. */
export const PLAN = testPlan({
  steps: [{ kind: 'gate', name: 'Looks good?', deadlineMs: 60_000 }, { kind: 'verify' }],
});

export class FakeOperations implements Operations {
  /** Every command that came through: `deploy production/api 2.0.0 by ann`. */
  readonly commands: string[] = [];
  /** What a command does before it is done. */
  onCommand: (command: string) => Promise<void> | void = () => {};
  readonly #events = new Map<string, StoredEvent[]>();
  readonly #news = new EventEmitter();

  constructor() {
    this.begin(GATED, [{ type: 'step-started', at: 2, step: 0 }]);
    this.begin(BAKING, []);
  }

  begin(id: string, events: readonly DeploymentEvent[]): void {
    this.#events.set(id, []);
    this.append(id, [
      { type: 'deployment-created', at: 1, plan: PLAN, by: 'ann' },
      { type: 'deployment-started', at: 1, unhealthy: [] },
      ...events,
    ]);
  }

  append(id: string, events: readonly DeploymentEvent[]): void {
    const stored = this.#of(id);
    for (const event of events) stored.push({ seq: stored.length + 1, event });
    this.#news.emit('append');
  }

  change(change: Change): void {
    this.#news.emit('change', change);
  }

  services(): readonly LeaseKey[] {
    return [
      { service: 'api', environment: 'production' },
      { service: 'api', environment: 'staging' },
      { service: 'web', environment: 'staging' },
    ];
  }

  async fleet(environment?: string): Promise<FleetView> {
    const wanted = this.services().filter(
      (key) => environment === undefined || key.environment === environment,
    );
    return {
      environments: [...new Set(wanted.map((key) => key.environment))],
      services: wanted.map((key) => ({ ...key, status: statusOf(key), lookedAt: 5, fault: null, needs: [] })),
      orphans: [],
    };
  }

  async status(key: LeaseKey): Promise<ServiceStatus> {
    return statusOf(key);
  }

  async deployments(filter: ListFilter, cursor?: string): Promise<Page<DeploymentSummary>> {
    if (cursor !== undefined && cursor !== 'next') throw new InvalidInputError('that is no cursor');
    const all = [...this.#events.keys()].map((id) => this.#summary(id));
    const items = all.filter(
      ({ service, environment, phase }) =>
        (filter.service ?? service) === service &&
        (filter.environment ?? environment) === environment &&
        (filter.ended ?? phase === 'ended') === (phase === 'ended'),
    );
    return { items: items.slice(0, filter.limit ?? 50), cursor: null };
  }

  async deployment(id: string): Promise<DeploymentView> {
    const account = accountOf(
      id,
      this.#of(id).map(({ event }) => event),
    );
    if (account === null) throw new DeploymentNotFoundError(`there is no deployment ${id}`);
    return {
      summary: this.#summary(id),
      plan: PLAN,
      preview: previewPlan(PLAN),
      account,
      gate: gateOf(account.state),
      attended: true,
      url: 'http://127.0.0.1:8080/',
      refused: { ...NOTHING_REFUSED, retry: 'nothing has failed' },
    };
  }

  async events(id: string, after: number, limit: number): Promise<StoredEvent[]> {
    return this.#of(id).slice(after, after + limit);
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    let last = after;
    for (;;) {
      const news = nextOf(this.#news, 'append', signal);
      const events = this.#of(id).slice(last);
      if (events.length > 0) yield events;
      last += events.length;
      if (this.#summary(id).phase === 'ended' || signal.aborted || !(await news)) return;
    }
  }

  async *changes(signal: AbortSignal): AsyncGenerator<Change> {
    try {
      for await (const [change] of on(this.#news, 'change', { signal })) yield change as Change;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async plan(
    request: LeaseKey & { readonly version?: string; readonly rollback?: boolean },
  ): Promise<PlanView> {
    await this.#command(`plan ${nameOf(request)} ${request.version ?? '-'}`);
    return { plan: PLAN, preview: previewPlan(PLAN), estimateMs: null, nothing: false };
  }

  async savedPlan(digest: string): Promise<PlanView> {
    if (!PLAN.digest.startsWith(digest)) throw new InvalidInputError(`there is no plan ${digest}`);
    return { plan: PLAN, preview: previewPlan(PLAN), estimateMs: 90_000, nothing: false };
  }

  async apply(digest: string, by: string): Promise<Begun> {
    return this.#begun(`apply ${digest} by ${by}`);
  }

  async deploy(request: LeaseKey & { readonly version?: string }, by: string): Promise<Begun | Unchanged> {
    if (request.version === 'same') return { deployment: null, plan: PLAN.digest };
    return this.#begun(`deploy ${nameOf(request)} ${request.version ?? '-'} by ${by}`);
  }

  async rollback(request: LeaseKey & { readonly version?: string }, by: string): Promise<Begun | Unchanged> {
    return this.#begun(`rollback ${nameOf(request)} ${request.version ?? '-'} by ${by}`);
  }

  async reconcile(key: LeaseKey, by: string): Promise<Begun | Unchanged> {
    return this.#begun(`reconcile ${nameOf(key)} by ${by}`);
  }

  async resume(id: string, by: string): Promise<Begun> {
    return this.#begun(`resume ${id} by ${by}`);
  }

  async signal(id: string, { signal, full }: SignalRequest, by: string): Promise<SignalResult> {
    await this.#command(`${signal}${full === true ? ' fully' : ''} ${id} by ${by}`);
    return { deployment: id, signal, received: true, by, plan: PLAN.digest, gate: null };
  }

  async stop(key: LeaseKey, by: string): Promise<boolean> {
    await this.#command(`stop ${nameOf(key)} by ${by}`);
    return true;
  }

  async compare(from: string, to: string) {
    const side = (id: string) => ({ summary: this.#summary(id), plan: PLAN });
    return compareDeployments(side(from), side(to), null);
  }

  async releases(): Promise<readonly ReleaseView[]> {
    return [{ release: OLD.id, version: OLD.version, deployment: GATED, endedAt: 9, refused: null }];
  }

  async logs(_key: LeaseKey, lines: number, target?: string): Promise<readonly LogLine[]> {
    return [{ target: target ?? 'api-1', release: OLD.id, line: `the last ${lines}` }];
  }

  async *followLogs(_key: LeaseKey, lines: number): AsyncGenerator<LogLine> {
    yield { target: 'api-1', release: OLD.id, line: `the last ${lines}` };
  }

  async doctor() {
    return [{ about: 'node', ok: true, detail: 'it is there' }];
  }

  #of(id: string): StoredEvent[] {
    const stored = this.#events.get(id);
    if (stored === undefined) throw new DeploymentNotFoundError(`there is no deployment ${id}`);
    return stored;
  }

  #summary(id: string): DeploymentSummary {
    const [first, ...rest] = this.#of(id).map(({ event }) => event);
    if (first?.type !== 'deployment-created') throw new Error('it begins with something else');
    return rest.reduce(nextSummary, firstSummary(id, first));
  }

  async #begun(command: string): Promise<Begun> {
    await this.#command(command);
    return { deployment: BAKING };
  }

  async #command(command: string): Promise<void> {
    await this.onCommand(command);
    this.commands.push(command);
  }
}

function nameOf({ service, environment }: LeaseKey): string {
  return `${environment}/${service}`;
}

/** Whether it came before the signal was aborted. */
function nextOf(emitter: EventEmitter, name: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    emitter.once(name, () => resolve(true));
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}

function statusOf(key: LeaseKey): ServiceStatus {
  return {
    ...key,
    url: 'http://127.0.0.1:8080/',
    targets: ['api-1'],
    instances: [
      {
        target: 'api-1',
        release: OLD.id,
        version: OLD.version,
        state: 'running',
        pid: 42,
        restarts: 0,
        health: 'healthy',
        message: 'HTTP 200',
        routed: true,
        inFlight: 0,
        startedAt: 1,
      },
    ],
    unreachable: {},
    split: null,
    last: null,
    unfinished: null,
    drift: [],
    well: true,
  };
}
