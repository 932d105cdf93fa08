/**
 * A server's operations from afar: the same interface, every method a request. The answers are JSON of the domain's own types,
 * as the server has it; they are not checked again.
 */
import type { DeploymentSummary } from '../domain/summary.ts';
import type { LeaseKey, ListFilter, StoredEvent } from '../journal/journal.ts';
import type { Comparison } from '../project/compare-deployments.ts';
import type { Finding } from '../project/finding.ts';
import type { ServiceStatus } from '../project/service-status.ts';
import type {
  Begun,
  Change,
  DeploymentView,
  DeployRequest,
  FleetView,
  LogLine,
  Operations,
  Page,
  PlanView,
  ReleaseView,
  RollbackRequest,
  SignalRequest,
  SignalResult,
  Unchanged,
} from '../server/operations.ts';
import { HttpClient } from './http-client.ts';

const EVENTS_A_REQUEST = 1_000;

/** Told when a connection is lost, and with `null` when it is back. */
export type OnTrouble = (why: string | null) => void;

export class HttpOperations implements Operations {
  readonly #client: HttpClient;
  readonly #services: readonly LeaseKey[];
  readonly #onTrouble: OnTrouble;

  /**
   * Asks the server what there is to deploy.
   * @param url of the server, with the path it is at, if any
   * @throws InvalidInputError for an address that cannot be used, ServerError where there is no server, or no entry
   */
  static async open(url: string, token: string, onTrouble: OnTrouble = () => {}): Promise<HttpOperations> {
    const client = new HttpClient(url, token);
    const { services } = (await client.get('/fleet')) as FleetView;
    const keys = services.map(({ service, environment }) => ({ service, environment }));
    return new HttpOperations(client, keys, onTrouble);
  }

  private constructor(client: HttpClient, services: readonly LeaseKey[], onTrouble: OnTrouble) {
    this.#client = client;
    this.#services = services;
    this.#onTrouble = onTrouble;
  }

  services(): readonly LeaseKey[] {
    return this.#services;
  }

  async fleet(environment?: string): Promise<FleetView> {
    return (await this.#client.get('/fleet', { query: { environment } })) as FleetView;
  }

  async status(
    { service, environment }: LeaseKey,
    verify: boolean,
    signal: AbortSignal,
  ): Promise<ServiceStatus> {
    const path = `/services/${encodeURIComponent(service)}/status`;
    return (await this.#client.get(path, { query: { environment, verify }, signal })) as ServiceStatus;
  }

  async deployments(
    { before: _place, ...filter }: ListFilter,
    cursor?: string,
  ): Promise<Page<DeploymentSummary>> {
    const query = { ...filter, cursor };
    return (await this.#client.get('/deployments', { query })) as Page<DeploymentSummary>;
  }

  async deployment(id: string): Promise<DeploymentView> {
    return (await this.#client.get(`/deployments/${encodeURIComponent(id)}`)) as DeploymentView;
  }

  async events(id: string, after: number, limit: number): Promise<StoredEvent[]> {
    const path = `/deployments/${encodeURIComponent(id)}/events`;
    const found: StoredEvent[] = [];
    while (found.length < limit) {
      const most = Math.min(EVENTS_A_REQUEST, limit - found.length);
      const query = { after: found.at(-1)?.seq ?? after, limit: most };
      const { events } = (await this.#client.get(path, { query })) as { events: StoredEvent[] };
      found.push(...events);
      if (events.length < most) break;
    }
    return found;
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]> {
    const path = `/deployments/${encodeURIComponent(id)}/stream`;
    for await (const { data } of this.#client.stream(path, { after }, signal, this.#onTrouble)) {
      yield [JSON.parse(data) as StoredEvent];
    }
  }

  async *changes(signal: AbortSignal): AsyncIterable<Change> {
    for await (const { data } of this.#client.stream('/changes', {}, signal, this.#onTrouble)) {
      yield JSON.parse(data) as Change;
    }
  }

  async plan(request: DeployRequest & { readonly rollback?: boolean }): Promise<PlanView> {
    return (await this.#client.post('/plans', { body: request })) as PlanView;
  }

  async savedPlan(digest: string): Promise<PlanView> {
    return (await this.#client.get(`/plans/${encodeURIComponent(digest)}`)) as PlanView;
  }

  async apply(digest: string): Promise<Begun> {
    return (await this.#client.post('/deployments', { body: { plan: digest } })) as Begun;
  }

  async deploy(request: DeployRequest): Promise<Begun | Unchanged> {
    return (await this.#client.post('/deployments', { body: request })) as Begun | Unchanged;
  }

  async rollback(request: RollbackRequest): Promise<Begun | Unchanged> {
    return (await this.#client.post('/rollbacks', { body: request })) as Begun | Unchanged;
  }

  async reconcile({ service, environment }: LeaseKey): Promise<Begun | Unchanged> {
    const path = `/services/${encodeURIComponent(service)}/reconcile`;
    return (await this.#client.post(path, { body: { environment } })) as Begun | Unchanged;
  }

  async resume(id: string): Promise<Begun> {
    return (await this.#client.post(`/deployments/${encodeURIComponent(id)}/resume`)) as Begun;
  }

  async signal(id: string, request: SignalRequest): Promise<SignalResult> {
    const path = `/deployments/${encodeURIComponent(id)}/signals`;
    return (await this.#client.post(path, { body: request })) as SignalResult;
  }

  async stop({ service, environment }: LeaseKey): Promise<boolean> {
    const path = `/services/${encodeURIComponent(service)}/stop`;
    const { stopped } = (await this.#client.post(path, { body: { environment } })) as { stopped: boolean };
    return stopped;
  }

  async compare(from: string, to: string): Promise<Comparison> {
    return (await this.#client.get('/comparisons', { query: { from, to } })) as Comparison;
  }

  async releases({ service, environment }: LeaseKey): Promise<readonly ReleaseView[]> {
    const path = `/services/${encodeURIComponent(service)}/releases`;
    return itemsOf(await this.#client.get(path, { query: { environment } })) as readonly ReleaseView[];
  }

  async logs(
    { service, environment }: LeaseKey,
    lines: number,
    target?: string,
  ): Promise<readonly LogLine[]> {
    const path = `/services/${encodeURIComponent(service)}/logs`;
    const query = { environment, lines, target };
    return itemsOf(await this.#client.get(path, { query })) as readonly LogLine[];
  }

  async *followLogs(
    { service, environment }: LeaseKey,
    lines: number,
    target: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<LogLine> {
    const path = `/services/${encodeURIComponent(service)}/logs/stream`;
    const query = { environment, lines, target };
    for await (const { data } of this.#client.stream(path, query, signal, this.#onTrouble)) {
      yield JSON.parse(data) as LogLine;
    }
  }

  async doctor({ service, environment }: LeaseKey): Promise<readonly Finding[]> {
    const path = `/services/${encodeURIComponent(service)}/doctor`;
    return itemsOf(await this.#client.get(path, { query: { environment } })) as readonly Finding[];
  }
}

function itemsOf(answer: unknown): readonly unknown[] {
  return (answer as { readonly items: readonly unknown[] }).items;
}
