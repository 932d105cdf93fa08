import { expect, test } from 'vitest';
import type { DeploymentEvent, SignalName } from '../../src/domain/event.ts';
import { type DeploymentSummary, firstSummary, nextSummary } from '../../src/domain/summary.ts';
import { NEW, testPlan } from './plans.ts';

const FIRST = firstSummary('api-1', { type: 'deployment-created', at: 5, plan: testPlan(), by: 'ann' });
const CAUSE = { kind: 'failure', message: 't1 broke' } as const;

function after(...events: readonly DeploymentEvent[]): DeploymentSummary {
  return events.reduce(nextSummary, FIRST);
}

function signal(name: SignalName, refused?: string): DeploymentEvent {
  const because = refused === undefined ? {} : { refused };
  return { type: 'signal-received', at: 6, id: 1, signal: { signal: name, by: 'ann' }, ...because };
}

test('a new one', () => {
  expect(FIRST).toEqual({
    id: 'api-1',
    service: 'api',
    environment: 'production',
    version: '2.0.0',
    release: NEW.id,
    strategy: 'test',
    plan: testPlan().digest,
    targets: 2,
    by: 'ann',
    createdAt: 5,
    endedAt: null,
    phase: 'running',
    outcome: null,
    reason: null,
    seq: 1,
  });
});

test('every event counts', () => {
  expect(after({ type: 'step-started', at: 6, step: 0 }, { type: 'step-finished', at: 7, step: 0 }).seq).toBe(
    3,
  );
});

test('a pause, by a person or by a failure, lasts until a signal that is obeyed', () => {
  const paused: DeploymentEvent = { type: 'paused', at: 6, cause: CAUSE };
  expect(after(signal('pause')).phase).toBe('paused');
  expect(after(paused)).toMatchObject({ phase: 'paused', reason: 't1 broke' });
  for (const name of ['resume', 'retry', 'promote', 'reject', 'abort'] as const) {
    expect(after(paused, signal(name))).toMatchObject({ phase: 'running', reason: null });
    expect(after(paused, signal(name, 'it cannot'))).toMatchObject({ phase: 'paused', reason: 't1 broke' });
  }
  expect(after(signal('pause'), signal('approve')).phase).toBe('paused');
});

test('a rollback says why, and so does the end', () => {
  const back: DeploymentEvent = { type: 'rollback-started', at: 7, cause: CAUSE, steps: [] };
  expect(after(back)).toMatchObject({ phase: 'rolling-back', reason: 't1 broke' });
  expect(after(back, signal('pause', 'it is rolling back')).phase).toBe('rolling-back');
  expect(after(back, { type: 'deployment-finished', at: 9, outcome: 'rolled-back' })).toMatchObject({
    phase: 'ended',
    outcome: 'rolled-back',
    endedAt: 9,
    reason: 't1 broke',
  });
});
