/** Spans of real deployments on a real server, as a collector gets them over HTTP. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { ServedProject } from '../../e2e/served-project.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';
import { attribute, CollectorServer, type ReceivedSpan } from './collector-server.ts';

const GATED = '{ type: canary, bake: 100ms, stages: [{ percent: 50, gate: Looks good? }, 100] }';
const ERROR = 2;

/** That all of them make one tree, of which each lies within its parent. */
function expectTree(spans: readonly ReceivedSpan[]): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size).toBe(spans.length);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  for (const span of spans) {
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    if (span.name.startsWith('deployment ')) continue;
    const parent = byId.get(span.parentSpanId ?? '');
    expect(parent?.name).toMatch(span.name.startsWith('step ') ? /^deployment / : /^step /);
    expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(parent?.startTimeUnixNano ?? 0));
    expect(BigInt(span.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(parent?.endTimeUnixNano ?? 0));
  }
}

function root(spans: readonly ReceivedSpan[]): ReceivedSpan | undefined {
  return spans.find(({ name }) => name === 'deployment hello');
}

test('a collector gets the tree of a deployment, why one failed, and what was half done when the server died', {
  timeout: 180_000,
}, async () => {
  await using collector = await CollectorServer.open();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=blue',
    OTEL_SERVICE_NAME: 'our-sluice',
  };
  await using served = await ServedProject.create({ env, strategy: GATED });
  const { project } = served;
  project.build('1.0.0');
  expect((await served.sluice('deploy', 'hello', '1.0.0')).exitCode).toBe(0);
  await waitFor('the first deployment', () => root(collector.of('hello-1')));
  const first = collector.of('hello-1');
  expectTree(first);
  expect(attribute(root(first)?.attributes ?? [], 'sluice.outcome')).toBe('completed');
  const activated = first.filter(({ name }) => name === 'activate');
  expect(new Set(activated.map(({ attributes }) => attribute(attributes, 'sluice.target')))).toEqual(
    new Set(['hello.1', 'hello.2']),
  );
  const [request] = collector.requests;
  expect([request?.url, request?.headers['x-team'], request?.headers['content-type']]).toEqual([
    '/v1/traces',
    'blue',
    'application/json',
  ]);
  const resource = request?.body.resourceSpans[0]?.resource.attributes ?? [];
  expect(attribute(resource, 'service.name')).toBe('our-sluice');

  project.build('1.2.0-broken');
  expect((await served.sluice('deploy', 'hello', '1.2.0-broken')).exitCode).toBe(3);
  await waitFor('the second deployment', () => root(collector.of('hello-2')));
  const second = collector.of('hello-2');
  expectTree(second);
  expect(root(second)?.status.code).toBe(ERROR);
  expect(attribute(root(second)?.attributes ?? [], 'sluice.outcome')).toBe('rolled-back');
  expect(attribute(root(second)?.attributes ?? [], 'sluice.cause')).toBe(root(second)?.status.message);

  project.build('1.1.0');
  await using asked = served.start('deploy', 'hello', '1.1.0');
  await waitFor('the gate', () => asked.stdout.includes('sluice approve hello-3'));
  await served.killServer();
  await served.startServer();
  await waitFor('it to be taken up', async () => {
    return (await served.sluice('approve', 'hello-3')).exitCode === 0;
  });
  expect((await asked.ended).exitCode).toBe(0);
  // What was not sent by then is sent when it stops.
  expect((await served.stopServer()).exitCode).toBe(0);
  const third = collector.of('hello-3');
  // What the first server sent, and could not write down that it had, has come twice, with the same ids.
  const once = [...new Map(third.map((span) => [span.spanId, span])).values()];
  expectTree(once);
  expect(attribute(root(once)?.attributes ?? [], 'sluice.outcome')).toBe('completed');
});

test('no deployment waits for a collector that is away; it is said once, and told all when it is there', {
  timeout: 120_000,
}, async () => {
  const port = await freePort();
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}/in` };
  await using served = await ServedProject.create({ env });
  served.project.build('1.0.0');
  expect((await served.sluice('deploy', 'hello', '1.0.0')).exitCode).toBe(0);
  const sentence = `spans cannot be sent to 127.0.0.1:${port}: `;
  await waitFor('it to be said', () => served.serverLog.includes(sentence), { timeoutMs: 20_000 });
  await using collector = await CollectorServer.open(port);
  await waitFor('the spans', () => root(collector.of('hello-1')), { timeoutMs: 30_000 });
  expectTree(collector.of('hello-1'));
  expect(collector.requests[0]?.url).toBe('/in');
  await waitFor('the end of it to be said', () =>
    served.serverLog.includes(`spans are sent to 127.0.0.1:${port} again`),
  );
  expect(served.serverLog.split(sentence).length - 1).toBe(1);
});

test('a stop waits five seconds for a collector that never answers, and no longer', {
  timeout: 60_000,
}, async () => {
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(mute.address() as AddressInfo).port}` };
  await using served = await ServedProject.create({ env });
  served.project.build('1.0.0');
  expect((await served.sluice('deploy', 'hello', '1.0.0')).exitCode).toBe(0);
  const before = performance.now();
  const { exitCode } = await served.stopServer();
  mute.close();
  expect(exitCode).toBe(0);
  expect(performance.now() - before).toBeLessThan(9_000);
});
