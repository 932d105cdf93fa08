/** Abort always wins: at every point of a rollout, in every order with other signals, twice, and on the way back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SIGNALS, type Signal } from '../../src/domain/event.ts';
import type { Intent } from '../../src/domain/operation.ts';
import type { HookStep, Step } from '../../src/domain/step.ts';
import { testPlan, updateOf } from './plans.ts';
import { failure, Walk } from './walk.ts';

const GATE: Step = { kind: 'gate', name: 'go?', deadlineMs: 1_000, approvals: 2 };
const HOOK: HookStep = { kind: 'hook', name: 'migrate', command: ['true'], timeoutMs: 1_000 };

/** Every point of a rollout at which somebody may lose patience. */
const STEPS: Step[] = [
  { kind: 'stage' },
  HOOK,
  { kind: 'shift', percent: 0 },
  updateOf(2, 'beside'),
  { kind: 'verify' },
  { kind: 'shift', percent: 50 },
  { kind: 'bake', durationMs: 1_000 },
  GATE,
  { kind: 'shift', percent: 100 },
  { kind: 'retire', side: 'old' },
];

test.each(STEPS.map((step, position) => [position, step.kind] as const))(
  'wins in step %i, %s',
  (position) => {
    const walk = until(position);
    expect(walk.signal('abort', { reason: 'wrong build' })).toBeNull();
    const before = walk.started.length;
    if (walk.state.direction === 'forward') walk.ends(failure('cut short'));
    walk.untilEnded();
    expect(walk.state).toMatchObject({
      outcome: 'aborted',
      cause: { kind: 'abort', message: 'aborted by ann: wrong build' },
    });
    expect([walk.phases('t1'), walk.phases('t2')]).toEqual(['none/serving', 'none/serving']);
    expect(forward(walk, before)).toEqual([]);
    expect([null, 0]).toContain(walk.state.split);
  },
);

test.each(STEPS.map((step, position) => [position, step.kind] as const))(
  'wins in step %i, %s, over everything that comes with it, whether before it or after',
  (position) => {
    const ann = { by: 'ann' };
    const others: Signal[] = [
      { ...ann, signal: 'promote', full: true },
      { ...ann, signal: 'approve' },
      { by: 'bob', signal: 'approve' },
      { ...ann, signal: 'pause' },
    ];
    for (const group of [
      [...others, { ...ann, signal: 'abort' } as const],
      [{ ...ann, signal: 'abort' } as const, ...others],
    ]) {
      const walk = until(position);
      const before = walk.started.length;
      walk.signals(...group);
      if (walk.underWay.length > 0 && walk.state.direction === 'forward') walk.ends(failure('cut short'));
      walk.untilEnded();
      expect(walk.state.outcome).toBe('aborted');
      expect(forward(walk, before)).toEqual([]);
    }
  },
);

describe('while it is rolling back after a failure', () => {
  const rollingBack = () =>
    new Walk(testPlan({ hooksOnFailure: [HOOK] }))
      .untilUnderWay('probe new t1')
      .ends({ ...failure('never healthy') }, 't1')
      .ends(failure('cut short'));

  test('it ends as aborted, and tells both', () => {
    const walk = rollingBack();
    expect(walk.state.direction).toBe('back');
    expect(walk.signal('abort', { by: 'bob', reason: 'enough' })).toBeNull();
    expect(walk.signal('retry')).toBe('it was aborted by bob: enough; before that t1: never healthy');
    walk.untilEnded();
    expect(walk.state).toMatchObject({
      outcome: 'aborted',
      cause: { kind: 'abort', message: 'aborted by bob: enough; before that t1: never healthy' },
    });
  });

  test('a hook that fails on the way does not take the place of who aborted it', () => {
    const walk = rollingBack();
    walk.signal('abort');
    walk.untilUnderWay('hook').ends(failure('no mail'));
    expect(walk.state).toMatchObject({ outcome: 'aborted', cause: { kind: 'abort' } });
  });

  test('what could not be brought back is a failure all the same', () => {
    const walk = new Walk(
      testPlan({ targets: 1, steps: [updateOf(1, 'in-place')], policy: { maxAttempts: 1 } }),
    );
    walk.untilUnderWay('activate new t1').ends(failure('no disk'));
    expect(walk.state.direction).toBe('back');
    walk.signal('abort');
    walk.until((it) => {
      if (it.underWay.length > 0) it.ends(failure('no disk'));
      return it.state.phase === 'ended';
    });
    expect(walk.state.outcome).toBe('failed');
  });
});

test('a second abort is taken and changes nothing', () => {
  const walk = new Walk(testPlan()).untilUnderWay('activate new t1');
  walk.signal('abort', { by: 'ann', reason: 'first' });
  const { cause, turn, aborted } = walk.state;
  expect(walk.signal('abort', { by: 'bob', reason: 'second' })).toBeNull();
  expect(walk.state).toMatchObject({ cause, turn, aborted });
  walk.ends(failure('cut short'));
  expect(walk.signal('abort', { by: 'bob' })).toBeNull();
  expect(walk.untilEnded().state.cause?.message).toBe('aborted by ann: first');
});

test('takes over from a failure that was about to pause or to stop, or that has paused', () => {
  for (const onFailure of ['pause', 'stop'] as const) {
    const walk = new Walk(testPlan({ policy: { onFailure } })).untilUnderWay('activate new t1');
    walk.ends(failure(), 't1');
    expect(walk.state.turn?.into).toBe(onFailure);
    walk.signal('abort');
    walk.ends(failure('cut short'), 't2').untilEnded();
    expect(walk.state.outcome).toBe('aborted');
  }
  const walk = new Walk(testPlan({ targets: 1, policy: { onFailure: 'pause' } })).ends(failure('no disk'));
  walk.passes(60_000).signal('abort');
  expect(walk.untilEnded().state.cause?.message).toBe('aborted by ann; before that t1: no disk');
});

test('before the first step there is nothing to undo', () => {
  const walk = new Walk(testPlan(), null);
  expect(walk.state.phase).toBe('created');
  const signal: Signal = { signal: 'abort', by: 'ann' };
  walk.now += 1;
  // The engine folds that it has started, and then what was asked for while nobody was there, in one group.
  walk.happens(
    { type: 'signal-received', at: walk.now, id: 1, signal },
    { type: 'deployment-started', at: walk.now, unhealthy: [] },
  );
  expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'aborted' });
  expect(walk.started).toEqual([]);
});

test('once it was obeyed nothing starts that goes forward, whatever comes', () => {
  const signal = fc.record({
    kind: fc.constant('signal' as const),
    signal: fc.constantFrom(...SIGNALS),
    by: fc.constantFrom('ann', 'bob'),
    full: fc.boolean(),
  });
  const event = fc.oneof(
    { weight: 2, arbitrary: signal },
    fc.record({ kind: fc.constantFrom('ok', 'fails', 'fails for good', 'no verdict', 'crash', 'wait') }),
  );
  const plan = fc.record({
    steps: fc.constantFrom(
      STEPS,
      [updateOf(2, 'surge'), { kind: 'verify' }, GATE, { kind: 'retire', side: 'old' }] as Step[],
      [updateOf(2, 'in-place'), { kind: 'bake', durationMs: 500 }] as Step[],
    ),
    policy: fc.record({
      onFailure: fc.constantFrom('rollback' as const, 'pause' as const, 'stop' as const),
      maxFailures: fc.nat({ max: 1 }),
      maxAttempts: fc.integer({ min: 1, max: 2 }),
    }),
  });
  let aborted = 0;
  fc.assert(
    fc.property(
      plan,
      fc.array(event, { maxLength: 40 }),
      fc.array(event, { maxLength: 40 }),
      (parts, some, more) => {
        const walk = new Walk(testPlan(parts));
        for (const one of some) happen(walk, one);
        if (walk.state.phase === 'ended') return;
        aborted++;
        expect(walk.signal('abort')).toBeNull();
        const before = walk.started.length;
        for (const one of more) happen(walk, one);
        walk.until((it) => {
          if (it.underWay.length > 0) it.ends(it.state.direction === 'forward' ? failure('cut short') : {});
          return it.state.phase === 'ended';
        });
        expect(forward(walk, before)).toEqual([]);
        expect(['aborted', 'failed']).toContain(walk.state.outcome);
      },
    ),
    { numRuns: 500 },
  );
  expect(aborted).toBeGreaterThan(100);
});

type Happening =
  | {
      readonly kind: 'signal';
      readonly signal: Signal['signal'];
      readonly by: string;
      readonly full: boolean;
    }
  | { readonly kind: string };

function happen(walk: Walk, one: Happening): void {
  if (walk.state.phase === 'ended') return;
  if ('signal' in one) {
    walk.signal(one.signal, { by: one.by, ...(one.full ? { full: true } : {}) });
    return;
  }
  if (one.kind === 'crash') walk.crash();
  else if (one.kind === 'wait' || walk.underWay.length === 0) {
    walk.passes(walk.wakeAt === null ? 1 : Math.max(0, walk.wakeAt - walk.now));
  } else if (one.kind === 'ok') walk.ends();
  else if (one.kind === 'no verdict') walk.ends({ verdict: 'inconclusive' });
  else walk.ends(failure('no', one.kind === 'fails'));
}

/** What was started since then and brings the new forward. */
function forward(walk: Walk, since: number): string[] {
  const isForward = ({ operation, side }: Intent) =>
    side === 'new' && ['stage', 'activate', 'probe', 'admit'].includes(operation);
  const forbidden = walk.started.slice(since).filter(isForward);
  return forbidden.map(({ operation, target }) => `${operation} ${target}`);
}

function until(position: number): Walk {
  const walk = new Walk(testPlan({ steps: STEPS }));
  return walk.until((it) => {
    if (it.state.position < position && it.state.steps[it.state.position]?.kind === 'gate') {
      it.signal('approve');
      it.signal('approve', { by: 'bob' });
    }
    return it.state.position === position;
  });
}
