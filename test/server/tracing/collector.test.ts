import { expect, test } from 'vitest';
import { collectorOf } from '../../../src/server/tracing/collector.ts';

const ALL = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const URL = 'http://collector:4318';

test.each([
  [{}, null],
  [{ [ALL]: ' ' }, null],
  [{ OTEL_SERVICE_NAME: 'x' }, null],
  [{ [ALL]: URL, OTEL_SDK_DISABLED: 'TRUE' }, null],
  [{ [ALL]: URL, OTEL_TRACES_EXPORTER: 'none' }, null],
  [
    { [ALL]: URL, OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'false' },
    { address: 'collector:4318', fault: null },
  ],
  [
    { [ALL]: URL, [TRACES]: 'https://ann:s3cret@traces/x' },
    { address: 'traces', fault: null },
  ],
  [{ [ALL]: 'collector:4318' }, { address: null, fault: `${ALL} is not an http or https URL` }],
  [{ [TRACES]: '/s3cret' }, { address: null, fault: `${TRACES} is not an http or https URL` }],
  [
    { [ALL]: URL, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { address: null, fault: 'OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and spans are sent as http/json only' },
  ],
  [
    { [ALL]: URL, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
    { address: 'collector:4318', fault: null },
  ],
])('%j', (environment, collector) => {
  expect(collectorOf(environment)).toEqual(collector);
});
