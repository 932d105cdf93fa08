import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import type { Intent, Outcome } from '../../../src/domain/operation.ts';
import type { StoredEvent } from '../../../src/journal/journal.ts';
import type { Span } from '../../../src/server/tracing/span.ts';
import { Spans } from '../../../src/server/tracing/spans.ts';
import { examplePlan, NOW } from '../../../src/testing/journal-fixtures.ts';
import { simulate } from '../../../src/testing/simulation/simulate.ts';
import type { Story } from '../../../src/testing/simulation/story.ts';

const PLAN = examplePlan({
  steps: [
    { kind: 'stage' },
    { kind: 'update', targets: ['a', 'b'], mode: 'in-place', direction: 'forward' },
    { kind: 'hook', name: 'warm up', command: ['curl', '--user', 'ann:s3cret'], timeoutMs: 1_000 },
  ],
});
const CAUSE = {
  kind: 'failure',
  message: 'http: 500',
  target: 'b',
  evidence: { log: ['password=s3cret'] },
} as const;

function intent(parts: Partial<Intent>): Intent {
  return { target: 0, operation: 'activate', side: 'new', attempt: 1, ...parts };
}

function outcome(parts: Partial<Outcome>): Outcome {
  return { target: 0, operation: 'activate', ok: true, tookMs: 1, ...parts };
}

function stored(events: readonly DeploymentEvent[], from = 1): StoredEvent[] {
  return events.map((event, index) => ({ seq: from + index, event }));
}

const BEGINNING: readonly DeploymentEvent[] = [
  { type: 'deployment-created', at: NOW, plan: PLAN, by: 'ann' },
  { type: 'deployment-started', at: NOW + 1, unhealthy: [] },
  { type: 'step-started', at: NOW + 10, step: 1 },
  { type: 'operations-started', at: NOW + 11, intents: [intent({}), intent({ target: 1 })] },
];

/** `operation activate a 11-20 done`, times from the beginning. */
function told(spans: readonly Span[]): string[] {
  return spans.map(({ name, kind, key, parent, startedAt, endedAt, attributes, error }) => {
    const target = attributes['sluice.target'] === undefined ? '' : ` ${attributes['sluice.target']}`;
    const times = `${startedAt - NOW}-${endedAt - NOW}`;
    const of = parent === null ? '' : ` of ${parent}`;
    const wrong = error === null ? '' : `: ${error}`;
    return `${kind} ${key}${of} ${name}${target} ${times} ${attributes['sluice.outcome']}${wrong}`;
  });
}

describe('what happens becomes spans when it is over', () => {
  test('an operation lies in its step, a step in its deployment', () => {
    const spans = new Spans('api-1');
    expect(spans.endingWith(stored(BEGINNING))).toEqual([]);
    const rest: DeploymentEvent[] = [
      { type: 'operations-finished', at: NOW + 20, outcomes: [outcome({}), outcome({ target: 1 })] },
      { type: 'step-finished', at: NOW + 21, step: 1 },
      { type: 'deployment-finished', at: NOW + 30, outcome: 'completed' },
    ];
    const ended = spans.endingWith(stored(rest, 5));
    expect(told(ended)).toEqual([
      'operation 4.0 of 3 activate a 11-20 done',
      'operation 4.1 of 3 activate b 11-20 done',
      'step 3 of 1 step update 10-21 done',
      'deployment 1 deployment api 0-30 completed',
    ]);
    expect(ended.map(({ seq }) => seq)).toEqual([5, 5, 6, 7]);
    const common = {
      'sluice.deployment': 'api-1',
      'sluice.service': 'api',
      'sluice.environment': 'production',
      'sluice.version': '1.0.0',
      'sluice.strategy': 'all-at-once',
    };
    expect(ended.slice(1).map(({ attributes }) => attributes)).toEqual([
      {
        ...common,
        'sluice.operation': 'activate',
        'sluice.side': 'new',
        'sluice.attempt': 1,
        'sluice.target': 'b',
        'sluice.outcome': 'done',
      },
      {
        ...common,
        'sluice.step': 2,
        'sluice.step.kind': 'update',
        'sluice.step.mode': 'in-place',
        'sluice.step.targets': 2,
        'sluice.direction': 'forward',
        'sluice.outcome': 'done',
      },
      {
        ...common,
        'sluice.release': '1.0.0-0123456789ab',
        'sluice.plan': PLAN.digest,
        'sluice.targets': 2,
        'sluice.by': 'ann',
        'sluice.outcome': 'completed',
      },
    ]);
  });

  test('what failed says why, in the operation, its step and the deployment, and never shows its evidence', () => {
    const ended = new Spans('api-1').endingWith(
      stored([
        ...BEGINNING,
        {
          type: 'operations-finished',
          at: NOW + 20,
          outcomes: [outcome({ target: 1, ok: false, error: 'http: 500', evidence: CAUSE.evidence })],
        },
        { type: 'step-failed', at: NOW + 20, step: 1, cause: CAUSE },
        { type: 'operations-finished', at: NOW + 25, outcomes: [outcome({})] },
        { type: 'rollback-started', at: NOW + 26, cause: CAUSE, steps: PLAN.steps },
        { type: 'step-started', at: NOW + 27, step: 2 },
        { type: 'operations-started', at: NOW + 27, intents: [intent({ target: null, operation: 'hook' })] },
        {
          type: 'operations-finished',
          at: NOW + 28,
          outcomes: [outcome({ target: null, operation: 'hook' })],
        },
        { type: 'step-finished', at: NOW + 28, step: 2 },
        { type: 'deployment-finished', at: NOW + 30, outcome: 'rolled-back' },
      ]),
    );
    expect(told(ended)).toEqual([
      'operation 4.1 of 3 activate b 11-20 failed: http: 500',
      'operation 4.0 of 3 activate a 11-25 done',
      'step 3 of 1 step update 10-26 failed: b: http: 500',
      'operation 10.0 of 9 hook 27-28 done',
      'step 9 of 1 step hook 27-28 done',
      'deployment 1 deployment api 0-30 rolled-back: b: http: 500',
    ]);
    expect(ended.at(-2)?.attributes).toMatchObject({
      'sluice.direction': 'back',
      'sluice.step.name': 'warm up',
    });
    expect(ended.at(-1)?.attributes).toMatchObject({
      'sluice.cause': 'b: http: 500',
      'sluice.cause.kind': 'failure',
    });
    expect(ended.at(-1)?.remarks.map(({ name, at }) => `${name} ${at - NOW}`)).toEqual([
      'started 1',
      'rolling back 26',
    ]);
    expect(JSON.stringify(ended)).not.toContain('s3cret');
  });

  test('a step that failed and then came right has not failed; who asked for it is told', () => {
    const retry = { signal: 'retry', by: 'bob' } as const;
    const ended = new Spans('api-1').endingWith(
      stored([
        ...BEGINNING.slice(0, 3),
        { type: 'step-failed', at: NOW + 20, step: 1, cause: CAUSE },
        { type: 'paused', at: NOW + 20, cause: CAUSE },
        { type: 'signal-received', at: NOW + 30, id: 1, signal: retry },
        { type: 'signal-received', at: NOW + 31, id: 2, signal: retry, refused: 'it is not paused' },
        { type: 'step-finished', at: NOW + 40, step: 1, note: 'came right' },
        { type: 'deployment-finished', at: NOW + 50, outcome: 'completed' },
      ]),
    );
    expect(told(ended)).toEqual([
      'step 3 of 1 step update 10-40 done',
      'deployment 1 deployment api 0-50 completed',
    ]);
    expect(ended[0]?.attributes).toMatchObject({ 'sluice.note': 'came right' });
    expect(ended[1]?.remarks.slice(1)).toEqual([
      {
        name: 'paused',
        at: NOW + 20,
        attributes: { 'sluice.cause': 'b: http: 500', 'sluice.cause.kind': 'failure' },
      },
      { name: 'retry', at: NOW + 30, attributes: { 'sluice.by': 'bob' } },
      {
        name: 'retry',
        at: NOW + 31,
        attributes: { 'sluice.by': 'bob', 'sluice.refused': 'it is not paused' },
      },
    ]);
  });

  test('what a controller had under way when it died is over when the next one comes', () => {
    const ended = new Spans('api-1').endingWith(
      stored([
        ...BEGINNING,
        { type: 'controller-changed', at: NOW + 100, controller: 'bob@two', epoch: 2 },
        { type: 'operations-started', at: NOW + 101, intents: [intent({ recover: true })] },
        { type: 'operations-finished', at: NOW + 102, outcomes: [outcome({ target: 1 }), outcome({})] },
      ]),
    );
    expect(told(ended)).toEqual([
      'operation 4.0 of 3 activate a 11-100 unknown',
      'operation 4.1 of 3 activate b 11-100 unknown',
      'operation 6.0 of 3 activate a 101-102 done',
    ]);
    expect(ended[2]?.attributes).toMatchObject({ 'sluice.recover': true });
  });

  test('where a clock goes back, nothing ends before it began', () => {
    const ended = new Spans('api-1').endingWith(
      stored([
        ...BEGINNING,
        { type: 'operations-finished', at: NOW - 5_000, outcomes: [outcome({})] },
        { type: 'step-finished', at: NOW - 4_000, step: 1 },
        { type: 'deployment-finished', at: NOW + 50, outcome: 'completed' },
      ]),
    );
    expect(told(ended)).toEqual([
      'operation 4.0 of 3 activate a 11-11 done',
      'operation 4.1 of 3 activate b 11-11 unknown',
      'step 3 of 1 step update 10-11 done',
      'deployment 1 deployment api 0-50 completed',
    ]);
  });
});

/** Of each of its deployments. */
function eventsOf({ lines }: Story): StoredEvent[][] {
  const deployments: DeploymentEvent[][] = [];
  for (const { what } of lines) {
    if (typeof what === 'string') continue;
    if (what.event.type === 'deployment-created') deployments.push([]);
    deployments.at(-1)?.push(what.event);
  }
  return deployments.map((events) => stored(events));
}

function countBegun({ event }: StoredEvent): number {
  if (event.type === 'operations-started') return event.intents.length;
  return event.type === 'step-started' || event.type === 'deployment-created' ? 1 : 0;
}

/** What is wrong with the spans of a whole deployment. */
function faultsOf(spans: readonly Span[]): string[] {
  const byKey = new Map(spans.map((span) => [span.key, span]));
  const faults = byKey.size === spans.length ? [] : ['two spans of one key'];
  for (const { kind, key, parent, startedAt, endedAt } of spans) {
    if (endedAt < startedAt) faults.push(`${key} ends before it begins`);
    const around = parent === null ? undefined : byKey.get(parent);
    if (around?.kind !== { deployment: undefined, step: 'deployment', operation: 'step' }[kind])
      faults.push(`${key} lies in ${around?.kind ?? 'nothing'}`);
    if (around !== undefined && (around.startedAt > startedAt || around.endedAt < endedAt))
      faults.push(`${key} is not within ${parent}`);
  }
  return faults;
}

describe('of simulated deployments, in which everything goes wrong that can', () => {
  const stories = Promise.all(Array.from({ length: 40 }, (_, index) => simulate(index + 1)));

  test('every span lies within its parent, and none is left open', { timeout: 60_000 }, async () => {
    let count = 0;
    for (const story of await stories) {
      for (const events of eventsOf(story)) {
        const ended = new Spans('x-1').endingWith(events);
        expect([story.seed, faultsOf(ended)]).toEqual([story.seed, []]);
        expect(ended.length).toBe(events.reduce((sum, event) => sum + countBegun(event), 0));
        const last = events.at(-1)?.event;
        expect(last?.type).toBe('deployment-finished');
        expect(ended.at(-1)?.attributes['sluice.outcome']).toBe((last as { outcome?: string }).outcome);
        count += ended.length;
      }
    }
    expect(count).toBeGreaterThan(2_000);
  });

  test('also with clocks that jump, and they are the same wherever the telling is cut', {
    timeout: 60_000,
  }, async () => {
    const all = (await stories).flatMap(eventsOf);
    fc.assert(
      fc.property(
        fc.nat(all.length - 1),
        fc.array(fc.integer({ min: -50_000, max: 50_000 }), { minLength: 1, maxLength: 30 }),
        fc.nat(1_000),
        (story, jumps, cut) => {
          const events = (all[story] ?? []).map(({ seq, event }) => {
            return { seq, event: { ...event, at: event.at + (jumps[seq % jumps.length] ?? 0) } };
          });
          const whole = new Spans('x-1').endingWith(events);
          const spans = new Spans('x-1');
          const parts = [...spans.endingWith(events.slice(0, cut)), ...spans.endingWith(events.slice(cut))];
          expect(faultsOf(whole)).toEqual([]);
          expect(parts).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });
});
