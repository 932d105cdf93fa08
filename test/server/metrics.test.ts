/** What Prometheus reads, to the figure. */
import { expect, test } from 'vitest';
import type { DeploymentEvent } from '../../src/domain/event.ts';
import { Metrics } from '../../src/server/http/metrics.ts';
import { BAKING, GATED } from './fake-operations.ts';
import { type TestApp, testApp } from './test-app.ts';

const CAUSE = { kind: 'failure', message: 'http: 500' } as const;

async function figures(server: TestApp, name: string): Promise<string[]> {
  const { body } = await server.ask('GET', '/metrics');
  return body.split('\n').filter((line) => line.startsWith(name) && !line.includes('le="'));
}

async function tell(server: TestApp, id: string, events: readonly DeploymentEvent[]): Promise<void> {
  server.operations.append(id, events);
  const { summary } = await server.operations.deployment(id);
  server.operations.change({ kind: 'deployment', summary });
}

test('deployments, and the steps in them, are counted once, with what they took', async () => {
  await using server = await testApp();
  expect(await figures(server, 'sluice_deployments{')).toEqual([
    'sluice_deployments{state="running"} 2',
    'sluice_deployments{state="paused"} 0',
    'sluice_deployments{state="rolling-back"} 0',
  ]);
  // The step at the gate began long before the server did, and that counts.
  const now = Date.now() + 1_000;
  await tell(server, GATED, [{ type: 'step-finished', at: now, step: 0 }]);
  await tell(server, BAKING, [
    { type: 'step-started', at: now, step: 0 },
    { type: 'step-finished', at: now + 2_500, step: 0 },
    { type: 'step-started', at: now + 3_000, step: 1 },
    { type: 'step-failed', at: now + 4_000, step: 1, cause: CAUSE },
    { type: 'rollback-started', at: now + 4_000, cause: CAUSE, steps: [{ kind: 'verify' }] },
    { type: 'step-started', at: now + 5_000, step: 0 },
  ]);
  await expect
    .poll(() => figures(server, 'sluice_step_duration_seconds_'))
    .toEqual([
      `sluice_step_duration_seconds_sum{kind="gate",outcome="done"} ${(now - 2 + 2_500) / 1_000}`,
      'sluice_step_duration_seconds_count{kind="gate",outcome="done"} 2',
      'sluice_step_duration_seconds_sum{kind="verify",outcome="failed"} 1',
      'sluice_step_duration_seconds_count{kind="verify",outcome="failed"} 1',
    ]);
  const end: DeploymentEvent[] = [
    { type: 'step-finished', at: now + 5_250, step: 0 },
    { type: 'deployment-finished', at: now + 6_000, outcome: 'rolled-back' },
  ];
  await tell(server, BAKING, end);
  const { summary } = await server.operations.deployment(BAKING);
  server.operations.change({ kind: 'deployment', summary });
  await expect
    .poll(() => figures(server, 'sluice_step_duration_seconds_count'))
    .toContain('sluice_step_duration_seconds_count{kind="verify",outcome="done"} 1');
  const ended = 'service="api",environment="production",outcome="rolled-back"';
  expect(await figures(server, 'sluice_deployments_ended_total')).toEqual([
    `sluice_deployments_ended_total{${ended}} 1`,
  ]);
  expect(await figures(server, 'sluice_deployment_duration_seconds_')).toEqual([
    `sluice_deployment_duration_seconds_sum{${ended}} ${(now + 6_000 - 1) / 1_000}`,
    `sluice_deployment_duration_seconds_count{${ended}} 1`,
  ]);
});

test('instances are told by health, and how far events are behind when they are on their way to somebody', async () => {
  await using server = await testApp();
  const healthy = (await figures(server, 'sluice_instances{')).filter((line) => line.endsWith(' 1'));
  expect(healthy).toEqual([
    'sluice_instances{service="api",environment="production",health="healthy"} 1',
    'sluice_instances{service="api",environment="staging",health="healthy"} 1',
    'sluice_instances{service="web",environment="staging",health="healthy"} 1',
  ]);
  expect(await figures(server, 'sluice_drift{')).toEqual([
    'sluice_drift{service="api",environment="production"} 0',
    'sluice_drift{service="api",environment="staging"} 0',
    'sluice_drift{service="web",environment="staging"} 0',
  ]);
  const metrics = new Metrics(server.operations, () => new Map());
  const event = { type: 'step-started', at: 10_000, step: 0 } as const;
  // The first happened before anybody looked; the clock of whoever wrote the last was ahead.
  const events = [9_000, 10_000, 10_600, 12_000].map((at, index) => ({
    seq: index + 1,
    event: { ...event, at },
  }));
  metrics.sent(events, 10_000, 11_000);
  const lag = (await metrics.text())
    .split('\n')
    .filter((line) => /^sluice_journal_lag_seconds_(sum|count)/.test(line));
  expect(lag).toEqual(['sluice_journal_lag_seconds_sum 1.4', 'sluice_journal_lag_seconds_count 3']);
});
