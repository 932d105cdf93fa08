/**
 * Sends spans with the exporter of OpenTelemetry, which reads its own variables (endpoint, headers, certificates,
 * timeout). Loaded only where there is a collector.
 */
import { createHash } from 'node:crypto';
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { messageOf } from '../../errors.ts';
import type { Span } from './span.ts';

/** In which the exporter tries by itself, unless its own variables say otherwise. */
const TIMEOUT_MS = 5_000;
const TIMEOUTS = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'] as const;

/** Why spans were not taken. */
export interface NotTaken {
  readonly why: string;
  /** Sending the same again is no use. */
  readonly isFinal: boolean;
}

export class SpanExporter {
  readonly #exporter: OTLPTraceExporter;
  readonly #resource: Resource;
  readonly #scope: ReadableSpan['instrumentationScope'];
  readonly #journal: string;

  /**
   * @param journal its identity: ids of deployments are of one journal
   * @param version of this package
   */
  constructor(journal: string, version: string) {
    const isTimed = TIMEOUTS.some((name) => process.env[name] !== undefined);
    this.#exporter = new OTLPTraceExporter(isTimed ? {} : { timeoutMillis: TIMEOUT_MS });
    this.#resource = resourceFromAttributes({ 'service.name': 'sluice', 'service.version': version }).merge(
      detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }),
    );
    this.#scope = { name: 'sluice', version };
    this.#journal = journal;
  }

  /** Resolves with `null` when they were taken. Never rejects. */
  send(deployment: string, spans: readonly Span[]): Promise<NotTaken | null> {
    return new Promise((resolve) => {
      try {
        const readable = spans.map((span) => this.#readable(deployment, span));
        // A failure comes with its error.
        this.#exporter.export(readable, ({ error }) => resolve(error === undefined ? null : notTaken(error)));
      } catch (error) {
        resolve({ why: messageOf(error), isFinal: true });
      }
    });
  }

  #readable(deployment: string, span: Span): ReadableSpan {
    const { name, key, parent, startedAt, endedAt, attributes, remarks, error } = span;
    const contextOf = (of: string) => ({
      traceId: this.#digest([deployment], 32),
      spanId: this.#digest([deployment, of], 16),
      traceFlags: TraceFlags.SAMPLED,
    });
    const context = contextOf(key);
    return {
      name,
      kind: SpanKind.INTERNAL,
      spanContext: () => context,
      ...(parent === null ? {} : { parentSpanContext: contextOf(parent) }),
      startTime: hrTimeOf(startedAt),
      endTime: hrTimeOf(endedAt),
      duration: hrTimeOf(endedAt - startedAt),
      status:
        error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
      attributes,
      links: [],
      events: remarks.map((remark) => ({
        name: remark.name,
        time: hrTimeOf(remark.at),
        attributes: remark.attributes,
      })),
      ended: true,
      resource: this.#resource,
      instrumentationScope: this.#scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }

  /** Hex digits that are the same whoever sends the span, and whenever. */
  #digest(of: readonly string[], digits: number): string {
    return createHash('sha256')
      .update(JSON.stringify([this.#journal, ...of]))
      .digest('hex')
      .slice(0, digits);
  }
}

function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

/** An answer that is a no has the number of its status; whoever cannot be reached, or is busy, has none. */
function notTaken(error: Error): NotTaken {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number'
    ? { why: `it answers ${code}`, isFinal: true }
    : { why: messageOf(error), isFinal: false };
}
