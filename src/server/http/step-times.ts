/** How long steps have taken, for Prometheus: from the events of the deployments that change. */
import { Histogram, type Registry } from 'prom-client';
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { Operations } from '../operations.ts';
import { Spans } from '../tracing/spans.ts';

const PAGE = 1_000;

export class StepTimes {
  readonly #histogram: Histogram<'kind' | 'outcome'>;
  /** Of deployments under way, by id. */
  readonly #stories = new Map<string, Spans>();
  readonly #since: number;

  /** @param since milliseconds since the epoch: steps that ended before are not counted */
  constructor(registry: Registry, since: number) {
    this.#since = since;
    this.#histogram = new Histogram({
      name: 'sluice_step_duration_seconds',
      help: 'From the beginning of a step to its end; left: the deployment turned back in it',
      labelNames: ['kind', 'outcome'],
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400],
      registers: [registry],
    });
  }

  /** Counts the steps that have ended in it. Never rejects: one that cannot be read now is read with its next change. */
  async count(operations: Operations, { id, phase }: DeploymentSummary): Promise<void> {
    const spans = this.#stories.get(id) ?? new Spans(id);
    this.#stories.set(id, spans);
    try {
      for (;;) {
        const events = await operations.events(id, spans.seq, PAGE);
        for (const { kind, attributes, startedAt, endedAt } of spans.endingWith(events)) {
          if (kind !== 'step' || endedAt < this.#since) continue;
          const labels = {
            kind: String(attributes['sluice.step.kind']),
            outcome: String(attributes['sluice.outcome']),
          };
          this.#histogram.observe(labels, (endedAt - startedAt) / 1_000);
        }
        if (events.length < PAGE) break;
      }
    } catch {
      return;
    }
    if (phase === 'ended') this.#stories.delete(id);
  }
}
