/** Figures for Prometheus: of deployments, services, requests and streams. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DeploymentSummary } from '../../domain/summary.ts';
import { HEALTH_STATUSES } from '../../health/health-check.ts';
import type { StoredEvent } from '../../journal/journal.ts';
import type { Operations } from '../operations.ts';
import { StepTimes } from './step-times.ts';

const MOST_UNDER_WAY = 200;
const PHASES = ['running', 'paused', 'rolling-back'] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #ended: Counter<'service' | 'environment' | 'outcome'>;
  readonly #durations: Histogram<'service' | 'environment' | 'outcome'>;
  readonly #requests: Histogram<'operation' | 'status'>;
  readonly #lag: Histogram;
  readonly #steps: StepTimes;
  /** Those that were counted, so that a change that is told twice counts once. */
  readonly #counted = new Set<string>();

  /** @param streams how many are open, by kind */
  constructor(operations: Operations, streams: () => ReadonlyMap<string, number>) {
    const registers = [this.#registry];
    this.#ended = new Counter({
      name: 'sluice_deployments_ended_total',
      help: 'Deployments that have ended since the server was started',
      labelNames: ['service', 'environment', 'outcome'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'sluice_deployment_duration_seconds',
      help: 'From the beginning of a deployment to its end',
      labelNames: ['service', 'environment', 'outcome'],
      buckets: [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400],
      registers,
    });
    this.#requests = new Histogram({
      name: 'sluice_http_request_duration_seconds',
      help: 'From a request to its answer; streams are not in it',
      labelNames: ['operation', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    });
    this.#lag = new Histogram({
      name: 'sluice_journal_lag_seconds',
      help: 'From the time of an event to its way to a browser',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    });
    this.#steps = new StepTimes(this.#registry, Date.now());
    registerDeployments(operations, this.#registry);
    registerTargets(operations, this.#registry);
    registerStreams(streams, this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts what ends from now on, until `signal` is aborted. */
  async watch(operations: Operations, signal: AbortSignal): Promise<void> {
    for await (const change of operations.changes(signal)) {
      if (change.kind !== 'deployment') continue;
      const isCounted = this.#counted.has(change.summary.id);
      this.#count(change.summary);
      if (!isCounted) await this.#steps.count(operations, change.summary);
    }
  }

  answered(operation: string, status: number, tookMs: number): void {
    this.#requests.observe({ operation, status: String(status) }, tookMs / 1_000);
  }

  /** Events that happened after the stream began. */
  sent(events: readonly StoredEvent[], since: number, now: number): void {
    for (const { event } of events)
      if (event.at >= since) this.#lag.observe(Math.max(0, now - event.at) / 1_000);
  }

  #count({ id, service, environment, phase, outcome, createdAt, endedAt }: DeploymentSummary): void {
    if (phase !== 'ended' || outcome === null || endedAt === null || this.#counted.has(id)) return;
    this.#counted.add(id);
    this.#ended.inc({ service, environment, outcome });
    this.#durations.observe({ service, environment, outcome }, (endedAt - createdAt) / 1_000);
  }
}

function registerDeployments(operations: Operations, registry: Registry): void {
  const gauge: Gauge<'state'> = new Gauge({
    name: 'sluice_deployments',
    help: 'Deployments under way, by state',
    labelNames: ['state'],
    registers: [registry],
    collect: async () => {
      const { items } = await operations.deployments({ ended: false, limit: MOST_UNDER_WAY });
      for (const state of PHASES) {
        gauge.set({ state }, items.filter(({ phase }) => phase === state).length);
      }
    },
  });
}

function registerTargets(operations: Operations, registry: Registry): void {
  const labelNames = ['service', 'environment'] as const;
  const instances: Gauge<'service' | 'environment' | 'health'> = new Gauge({
    name: 'sluice_instances',
    help: 'Instances by health, as last looked at',
    labelNames: [...labelNames, 'health'],
    registers: [registry],
    collect: async () => {
      const { services } = await operations.fleet();
      instances.reset();
      drift.reset();
      for (const { service, environment, status } of services) {
        if (status === null) continue;
        drift.set({ service, environment }, status.drift.length);
        for (const health of HEALTH_STATUSES) {
          const count = status.instances.filter((one) => one.health === health).length;
          instances.set({ service, environment, health }, count);
        }
      }
    },
  });
  const drift = new Gauge({
    name: 'sluice_drift',
    help: 'What is not as it should be, as last looked at',
    labelNames,
    registers: [registry],
  });
}

function registerStreams(streams: () => ReadonlyMap<string, number>, registry: Registry): void {
  const gauge: Gauge<'kind'> = new Gauge({
    name: 'sluice_sse_clients',
    help: 'Streams of server-sent events that are open',
    labelNames: ['kind'],
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const [kind, count] of streams()) gauge.set({ kind }, count);
    },
  });
}
