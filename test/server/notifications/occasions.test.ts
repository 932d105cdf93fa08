import { expect, test } from 'vitest';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import { bodyOf, signatureOf, slackOf } from '../../../src/server/notifications/message.ts';
import { Occasions } from '../../../src/server/notifications/occasions.ts';
import { examplePlan, NOW } from '../../../src/testing/journal-fixtures.ts';

const PLAN = examplePlan({
  steps: [
    { kind: 'stage' },
    { kind: 'gate', name: 'Looks <good>?', deadlineMs: 1_000 },
    { kind: 'update', targets: ['a', 'b'], mode: 'in-place', direction: 'forward' },
  ],
});
const CREATED: DeploymentEvent = { type: 'deployment-created', at: NOW, plan: PLAN, by: 'ann' };
const STARTED: DeploymentEvent = { type: 'deployment-started', at: NOW + 1, unhealthy: [] };
const step = (number: number): DeploymentEvent => ({ type: 'step-started', at: NOW + 2, step: number });
const CAUSE = { kind: 'failure', message: 'http: 500', target: 'a' } as const;
const TURNED: DeploymentEvent = {
  type: 'rollback-started',
  at: NOW + 3,
  cause: CAUSE,
  steps: [{ kind: 'stage' }],
};

function stored(events: readonly DeploymentEvent[], from = 1) {
  return events.map((event, index) => ({ seq: from + index, event }));
}

test('a start, a gate and an end are worth telling, and no step of a rollback', () => {
  const occasions = new Occasions('api-1');
  expect(occasions.about).toBeNull();
  const first = occasions.among(stored([CREATED, STARTED, step(0), step(1)]));
  expect(first).toEqual([
    { event: 'started', seq: 2, at: NOW + 1, question: null, reason: null },
    { event: 'gate', seq: 4, at: NOW + 2, question: 'Looks <good>?', reason: null },
  ]);
  expect(occasions.seq).toBe(4);
  const end: DeploymentEvent = { type: 'deployment-finished', at: NOW + 9, outcome: 'rolled-back' };
  expect(occasions.among(stored([TURNED, step(1), end], 5))).toEqual([
    { event: 'rolled-back', seq: 7, at: NOW + 9, question: null, reason: 'a: http: 500' },
  ]);
});

test('what completed has no reason; the cause of the end comes before that of the turn', () => {
  const done: DeploymentEvent = { type: 'deployment-finished', at: NOW, outcome: 'completed' };
  expect(new Occasions('api-1').among(stored([CREATED, done]))).toMatchObject([
    { event: 'completed', reason: null },
  ]);
  const failed: DeploymentEvent = {
    ...done,
    outcome: 'failed',
    cause: { kind: 'failure', message: 'no way back' },
  };
  expect(new Occasions('api-1').among(stored([CREATED, TURNED, failed]))).toMatchObject([
    { event: 'failed', reason: 'no way back' },
  ]);
});

test('the message for programs, and for a chat, where nothing of it can be a link or a mention', () => {
  const occasions = new Occasions('api-1');
  const [, gate] = occasions.among(stored([CREATED, STARTED, step(0), step(1)]));
  if (gate === undefined || occasions.about === null) throw new Error('there is no gate');
  const body = bodyOf({ ...occasions.about, by: '<!channel>\nbob' }, gate);
  expect(body).toEqual({
    event: 'gate',
    delivery: 'api-1/4',
    at: NOW + 2,
    deployment: 'api-1',
    service: 'api',
    environment: 'production',
    version: '1.0.0',
    release: '1.0.0-0123456789ab',
    strategy: 'all-at-once',
    targets: 2,
    by: '<!channel>\nbob',
    plan: PLAN.digest,
    question: 'Looks <good>?',
    reason: null,
    tookMs: 2,
  });
  expect(slackOf(body)).toEqual({
    text:
      ':raised_hand: *api 1.0.0* waits for approval in production (api-1, begun by &lt;!channel&gt; bob)\n' +
      '> "Looks &lt;good&gt;?"',
  });
});

test('the signature is over the time and the body', () => {
  // printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac s3cret
  expect(signatureOf('{"a":1}', 's3cret', NOW + 999)).toBe(
    't=1767225600,v1=7d4120fcebf444efab10ba7cd6c651bf463cefb039db5fad37ff9f7231ac8a4a',
  );
});
